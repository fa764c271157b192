"""Reads a command line of `psql` or of a program with its options, for any shell.

The settings before it (`PGPASSWORD=… psql`, `export`, `set`, `$env:`) and the container it runs in
(`docker run -e …`) are read as well. Nothing is run, and no option is obeyed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from provision.tenant.dsn import shell
from provision.tenant.dsn.keywords import begins_keywords, read_keywords
from provision.tenant.dsn.named.marks import QUOTES
from provision.tenant.dsn.parts import MAX_CHARACTERS
from provision.tenant.dsn.url import begins_url, read_url
from provision.tenant.failures.translate import refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.tenant.dsn.parts import Parts

_PROGRAM: Final = re.compile(
    r"(?:.*[/\\])?(?P<name>psql|pgcli|usql|pg_dump|pg_restore|pg_isready|pgbench|vacuumdb"
    r"|cockroach|\\c|\\connect)(?:\.exe)?\Z"
)
_MENTIONED: Final = re.compile(
    r"(?:psql|pgcli|usql|pg_dump|pg_restore|pg_isready|pgbench|vacuumdb|cockroach|\\c(?:onnect)?)"
    r"(?:\.exe)?[\"'\u2018\u2019\u201c\u201d]?(?:\s|\Z)"
)
_ASSIGNED: Final = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)=(?P<value>.*)\Z", re.DOTALL)
_INTRODUCED: Final = re.compile(r"\A(?:--(?:env|from-literal|set|build-arg)=|-e(?=[A-Z]))")
_SETTINGS_ALONE: Final = re.compile(r"(?:export\s+|set\s+|env\s+)?PG[A-Z]+=.*\s\S")
_POWERSHELL: Final = re.compile(r"(?i)\$env:(?P<name>[A-Z_][A-Z0-9_]*)(?:=(?P<value>.*))?\Z")
_VARIABLE: Final = re.compile(
    r"\$env:(?P<ps>[A-Za-z_][A-Za-z0-9_]*)|\$\{?(?P<sh>[A-Za-z_][A-Za-z0-9_]*)\}?"
    r"|%(?P<cmd>[A-Za-z_][A-Za-z0-9_]*)%"
)
_DECLARE: Final = frozenset(
    {"export", "set", "setx", "env", "declare", "local", "-x", "-gx", "-Ux"}
)
_BEFORE: Final = frozenset({"sudo", "&", "winpty", "time", "exec", "command", "nohup"})
_WRAPPERS: Final = frozenset({"docker", "podman", "kubectl", "oc", "docker-compose", "nerdctl"})
_LOOKS_UP: Final = frozenset(
    {"heroku", "railway", "fly", "flyctl", "gcloud", "aws", "az", "render", "supabase", "neon",
     "neonctl", "doctl", "scalingo", "vercel", "netlify", "dokku", "turso", "xata", "oci"}
)  # fmt: skip
SETTINGS: Final = {
    "PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGPASSWORD": "password",
    "PGDATABASE": "database",
}  # fmt: skip
SETTING_PARAMETERS: Final = {
    "PGSSLMODE": "sslmode", "PGCHANNELBINDING": "channel_binding", "PGOPTIONS": "options",
    "PGAPPNAME": "application_name", "PGCONNECT_TIMEOUT": "connect_timeout",
    "PGREQUIRESSL": "requiressl", "PGSSLROOTCERT": "sslrootcert", "PGSSLCERT": "sslcert",
    "PGSSLKEY": "sslkey", "PGSSLCRL": "sslcrl", "PGSERVICE": "service", "PGPASSFILE": "passfile",
    "PGHOSTADDR": "hostaddr", "PGGSSENCMODE": "gssencmode", "PGCLIENTENCODING": "client_encoding",
    "PGTARGETSESSIONATTRS": "target_session_attrs", "PGSERVICEFILE": "servicefile",
    "PGSSLNEGOTIATION": "sslnegotiation", "PGREQUIREAUTH": "require_auth",
    "PGKRBSRVNAME": "krbsrvname", "PGGSSLIB": "gsslib", "PGREQUIREPEER": "requirepeer",
    "PGLOADBALANCEHOSTS": "load_balance_hosts", "PGSSLCRLDIR": "sslcrldir",
    "PGSSLCERTMODE": "sslcertmode", "PGSSLSNI": "sslsni", "PGSSLCOMPRESSION": "sslcompression",
    "PGSSLMINPROTOCOLVERSION": "ssl_min_protocol_version",
    "PGSSLMAXPROTOCOLVERSION": "ssl_max_protocol_version",
}  # fmt: skip
_IGNORED_SETTINGS: Final = frozenset(
    {"PGTZ", "PGDATESTYLE", "PGDATA", "PGPASS", "PGSYSCONFDIR", "PGLOCALEDIR", "PGCOLOR"}
)
_OPTIONS: Final = {
    "-h": "host", "--host": "host", "-p": "port", "--port": "port", "-U": "user",
    "--username": "user", "--user": "user", "-u": "user", "-d": "database", "--dbname": "database",
    "--url": "database", "--database": "database",
}  # fmt: skip
_FLAGS: Final = frozenset(
    {
        "-W", "-w", "--password", "--no-password", "-q", "--quiet", "-X", "--no-psqlrc",
        "-a", "-A", "-b", "-e", "-E", "-H", "-i", "-l", "-L", "-n", "-O", "-s", "-S", "-t", "-v",
        "-V", "-x", "-z", "-0", "-1", "-c", "-C",
        "--echo-all", "--no-align", "--echo-errors", "--echo-queries", "--echo-hidden",
        "--html", "--list", "--no-readline", "--single-step", "--single-line", "--tuples-only",
        "--expanded", "--version", "--help", "--single-transaction", "--csv",
        "--field-separator-zero", "--record-separator-zero", "--clean", "--create", "--no-owner",
        "--no-acl", "--no-privileges", "--verbose", "--data-only", "--schema-only", "--if-exists",
        "--analyze", "--all", "--full", "--initialize", "--no-comments",
    }
)  # fmt: skip
# Long options whose next word belongs to them, of any of the programs.
_WITH_VALUE: Final = frozenset(
    {
        "--command", "--file", "--set", "--variable", "--pset", "--output", "--field-separator",
        "--record-separator", "--table-attr", "--log-file", "--schema", "--exclude-schema",
        "--table", "--exclude-table", "--format", "--jobs", "--compress", "--role", "--timeout",
        "--lock-wait-timeout", "--client", "--scale",
    }
)  # fmt: skip
# Short options that take a value, which differ between the programs.
_DUMP_VALUES: Final = "fFnNtTjZSe"
_SHORT_WITH_VALUE: Final = {
    "pg_dump": _DUMP_VALUES, "pg_restore": _DUMP_VALUES, "pg_isready": "t",
    "pgbench": "cjTtsfMDF", "vacuumdb": "tjnN", "cockroach": "e",
}  # fmt: skip
_PSQL_VALUES: Final = "cfvPoFRTL"


INSIDE_CONTAINER: Final = (
    "This command starts or enters a container; it does not say where the database is reached.",
    (
        "Put the name or address of the machine that runs the container in: "
        "postgresql://user:password@HOST:5432/database."
    ),
)
"""Detail and remedy where the only host is that of a container."""


@dataclass(slots=True)
class _Script:
    """What was gathered on the way to the command."""

    variables: dict[str, str] = field(default_factory=dict)
    program: str = ""
    arguments: list[str] = field(default_factory=list)
    is_container: bool = False
    looks_up: bool = False

    def expanded(self, word: str) -> str:
        """Put in what the script itself assigned; any other `$` is a plain character."""
        if "$" not in word and "%" not in word:
            return word
        return _VARIABLE.sub(self._value, word)

    def _value(self, at: re.Match[str]) -> str:
        # Variables that name each other twice would double with each of them.
        value = self.variables.get(at["ps"] or at["sh"] or at["cmd"], at[0])
        return value if len(value) <= MAX_CHARACTERS else at[0]


def begins_command(body: str) -> bool:
    """Tell whether the text is a command line: a program, or `PG…=…` settings alone on a line."""
    if "\n" not in body and _SETTINGS_ALONE.match(body):
        return True
    if _MENTIONED.search(body) is None and not _first_word(body) & (_WRAPPERS | _LOOKS_UP):
        return False
    script = _gathered(body)
    return bool(script.program or script.looks_up)


def is_tool_command(body: str) -> bool:
    """Tell whether the text gives settings to a container or to a provider's own program."""
    return bool(_first_word(body) & (_WRAPPERS | _LOOKS_UP)) and "=" in body


def assigned(body: str) -> dict[str, str]:
    """Return what a script or `docker run -e …` assigns to names; empty where it is none."""
    try:
        found = shell.statements(body)
    except shell.UnclosedQuoteError:
        return {}
    words = (_INTRODUCED.sub("", word) for each in found for word in each)
    return {at["name"]: at["value"] for at in map(_ASSIGNED.match, words) if at}


def read_command(body: str, parts: Parts) -> None:
    """Fill `parts` from the settings in front, the options and the plain arguments."""
    script = _gathered(body)
    parts.where = "The command line"
    if script.looks_up:
        raise refusal(
            "format",
            "This command looks the connection string up by itself; the string is not in it.",
            "Run it in your terminal, or open your provider's console, and copy the connection "
            "string it shows. It begins with postgresql://.",
        )
    if script.program:
        if not script.arguments and not script.variables:
            raise refusal("format")
        parts.note(f"The {script.program} command around it was taken off")
        _read_arguments(script, parts)
    elif not _is_all_settings(body):
        raise refusal(
            "format",
            "The program in this command line is none that connects to PostgreSQL.",
            "Paste the connection string alone.",
        )
    for name, value in script.variables.items():
        _give_setting(name, script.expanded(value), parts)
    if script.is_container and not parts.host:
        raise refusal("host_missing", *INSIDE_CONTAINER)


def _first_word(body: str) -> set[str]:
    return set(body.split(None, 1)[:1])


def _gathered(body: str) -> _Script:
    """Read the statements up to the first program that connects."""
    script = _Script()
    try:
        found = shell.statements(body)
    except shell.UnclosedQuoteError:
        found = [_words_of_one_quote(body)]
    for words in found:
        if not script.program:
            _gather(words, script)
    script.looks_up = len(found) == 1 and bool(_LOOKS_UP & set(found[0][:1])) and "=" not in body
    return script


def _gather(words: list[str], script: _Script) -> None:
    at = 0
    while at < len(words):
        word = words[at]
        setting = _ASSIGNED.match(word)
        powershell = _POWERSHELL.match(word)
        if powershell:
            at += _gather_powershell(powershell, words[at + 1 :], script)
        elif setting:
            script.variables[setting["name"]] = script.expanded(setting["value"])
        elif word in ("-x", "-gx", "-Ux") and at and len(words) > at + 2:
            script.variables[words[at + 1]] = words[at + 2]
            at += 2
        elif word == "-u" and words[at - 1] == "sudo":
            at += 1
        elif word.lower() not in _DECLARE and word.lower() not in _BEFORE:
            break
        at += 1
    rest = words[at:]
    if not rest:
        return
    if rest[0].rpartition("/")[2] in _WRAPPERS:
        rest = _inside_container(rest, script)
    program = _PROGRAM.match(rest[0]) if rest else None
    if program:
        script.program = program["name"]
        script.arguments = rest[1:]


def _gather_powershell(found: re.Match[str], rest: list[str], script: _Script) -> int:
    """Take `$env:NAME = value` apart, however it is spaced; return how many words it took more."""
    value, used = found["value"], 0
    if value is None and rest[:1] == ["="]:
        value, used = "", 1
    elif value is None and rest and rest[0].startswith("="):
        value, used = rest[0][1:], 1
    if not value and len(rest) > used:
        value, used = rest[used], used + 1
    script.variables[found["name"]] = value or ""
    return used


def _inside_container(words: list[str], script: _Script) -> list[str]:
    """Return the command that runs inside of a container, keeping its `-e NAME=value`."""
    script.is_container = True
    at = 1
    while at < len(words) and not _PROGRAM.match(words[at]):
        word = words[at]
        if word in ("-e", "--env") and at + 1 < len(words):
            at += 1
            word = words[at]
        setting = _ASSIGNED.match(re.sub(r"\A(?:--env=|-e)", "", word))
        if setting:
            script.variables[setting["name"]] = script.expanded(setting["value"])
        at += 1
    return words[at:]


def _is_all_settings(body: str) -> bool:
    words = [word for each in shell.statements(body) for word in each]
    return all(_ASSIGNED.match(word) or word.lower() in _DECLARE for word in words)


def _read_arguments(script: _Script, parts: Parts) -> None:
    plain: list[str] = []
    left = iter([*enumerate(map(script.expanded, script.arguments), 1)])
    for position, word in left:
        if not word.startswith("-") or word == "-":
            plain.append(word)
            continue
        _read_option(position, word, left, script.program, parts)
    if script.program == "cockroach" and plain[:1] == ["sql"]:
        plain = plain[1:]
    order = ("database", "user", "host", "port") if script.program.startswith("\\c") else None
    # psql takes the database first and the user second.
    for name, value in zip(order or ("database", "user"), plain, strict=False):
        if value != "-":
            _give(name, value, parts)
    if len(plain) > len(order or ("database", "user")):
        raise refusal(
            "format",
            "The command line has too many words.",
            "Put the connection string between single quotes: psql '…'.",
        )


def _read_option(
    position: int, word: str, left: Iterator[tuple[int, str]], program: str, parts: Parts
) -> None:
    name, value = _option(word)
    short = _SHORT_WITH_VALUE.get(program, _PSQL_VALUES)
    takes_value = name in _WITH_VALUE or (len(name) == 2 and name[1] in short)
    if name in _OPTIONS or takes_value:
        if value is None:
            value = next(left, (0, None))[1]
        if value is None:
            raise refusal(
                "format",
                "The last option of the command line has no value.",
                "Copy the whole command again.",
            )
        if name in _OPTIONS:
            _give(_OPTIONS[name], value, parts)
        else:
            _drop_option(name, value, parts)
    elif name in _FLAGS:
        if name not in ("-W", "-w", "--password", "--no-password"):
            parts.note(f"The option {name} was left out")
    else:
        raise refusal(
            "format",
            f"Word {position} after the program in this command line is an option that is not "
            "known here.",
            "Leave -h, -p, -U and -d in it and take the other options out.",
        )


def _drop_option(name: str, value: str, parts: Parts) -> None:
    variable, _, mode = value.partition("=")
    # Some consoles write what is no variable of psql's, and mean the parameter.
    if name in ("-v", "--set", "--variable") and variable.lower() == "sslmode":
        parts.parameters.append(("sslmode", mode))
        parts.note(f"{name} sslmode was read as the parameter sslmode")
    else:
        parts.note(f"The option {name} was left out")


def _option(word: str) -> tuple[str, str | None]:
    if word.startswith("--"):
        name, equals, value = word.partition("=")
        return name, value if equals else None
    return word[:2], word[2:] or None


def _give(name: str, value: str, parts: Parts) -> None:
    if name == "database" and begins_url(value):
        read_url(value, parts)
    elif name == "database" and begins_keywords(value):
        read_keywords(value, parts)
    else:
        parts.give(name, value)


def _give_setting(name: str, value: str, parts: Parts) -> None:
    if name in SETTINGS:
        # What the command says goes before what stands in the environment.
        if getattr(parts, SETTINGS[name]) in (None, ""):
            parts.give(SETTINGS[name], value)
    elif name in SETTING_PARAMETERS:
        said = {each for each, _ in parts.parameters}
        if SETTING_PARAMETERS[name] not in said:
            parts.parameters.append((SETTING_PARAMETERS[name], value))
    elif name in _IGNORED_SETTINGS:
        parts.note(f"{name} was left out")
    elif name.startswith("PG"):
        raise refusal(
            "forbidden_param",
            "A setting before the command, whose name begins with PG, is not known here.",
            "Leave PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE and PGSSLMODE.",
        )


def _words_of_one_quote(body: str) -> list[str]:
    """Read `psql '…'` whose string holds a quote of the same kind, which the ends make plain."""
    head, _, argument = body.rstrip("; \n").partition(" ")
    argument = argument.strip()
    if len(argument) > 1:
        first = QUOTES.get(argument[0])
        inner = argument[1:-1]
        is_whole = first and QUOTES.get(argument[-1]) == first and begins_url(inner)
        if is_whole and not any(each.isspace() for each in inner):
            return [head, inner]
    raise refusal(
        "format",
        "A quote in this command line is never closed.",
        "Paste only what stands between the quotes.",
    )
