"""Reads strings with semicolons: .NET's and ODBC's `Host=…;Username=…`, PHP's `pgsql:host=…;…`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from provision.tenant.failures.translate import refusal

if TYPE_CHECKING:
    from provision.tenant.dsn.parts import Parts

_PARTS: Final = {
    "host": "host", "server": "host", "datasource": "host", "servername": "host",
    "hostname": "host", "address": "host", "addr": "host",
    "port": "port",
    "user": "user", "username": "user", "userid": "user", "uid": "user",
    "password": "password", "pwd": "password", "psw": "password",
    "dbname": "database", "database": "database", "db": "database", "initialcatalog": "database",
    "location": "database",
}  # fmt: skip
_PARAMETERS: Final = {
    "sslmode": "sslmode", "ssl": "ssl", "channelbinding": "channel_binding",
    "applicationname": "application_name", "timeout": "connect_timeout",
    "connectiontimeout": "connect_timeout", "connecttimeout": "connect_timeout",
    "options": "options", "searchpath": "schema", "rootcertificate": "sslrootcert",
    "sslcertificate": "sslcert", "sslkey": "sslkey", "sslpassword": "sslpassword",
    "passfile": "passfile", "targetsessionattributes": "target_session_attrs",
    "loadbalancehosts": "load_balance_hosts", "sslrootcert": "sslrootcert",
    "krbsrvname": "krbsrvname", "kerberosservicename": "krbsrvname",
    "sslnegotiation": "sslnegotiation", "requireauth": "require_auth",
    "gssencryptionmode": "gssencmode", "clientencoding": "client_encoding",
    "sslcert": "sslcert", "hostaddr": "hostaddr", "service": "service",
}  # fmt: skip
# Settings of Npgsql, Devart and the ODBC driver that say nothing about where to connect.
_DROPPED: Final = frozenset(
    {
        "pooling", "minpoolsize", "maxpoolsize", "minimumpoolsize", "maximumpoolsize",
        "connectionlifetime", "connectionidlelifetime", "connectionpruninginterval",
        "commandtimeout", "internalcommandtimeout", "cancellationtimeout",
        "trustservercertificate", "includeerrordetail", "includeerrordetails", "keepalive",
        "tcpkeepalive", "tcpkeepalivetime", "tcpkeepaliveinterval", "noresetonclose",
        "maxautoprepare", "autoprepareminusages", "multiplexing", "enlist", "readbuffersize",
        "writebuffersize", "socketreceivebuffersize", "socketsendbuffersize", "encoding",
        "timezone", "persistsecurityinfo", "loadtablecomposites", "arraynullabilitymode",
        "logparameters", "includerealm", "checkcertificaterevocation", "useperfcounters",
        "servercompatibilitymode", "hostrecheckseconds", "writecoalescingbufferthresholdbytes",
        "convertinfinitydatetime", "entityadmindatabase", "entitytemplatedatabase",
        "preloadreader", "useextendedtypes", "protocol", "unicode", "charset", "schema",
        "initialschema", "licensekey", "validateconnection", "defaultcommandtimeout",
        "readonly", "showoidcolumn", "fakeoidindex", "rowversioning", "showsystemtables",
        "connsettings", "fetch", "uniqueindex", "usedeclarefetch", "bytea as longvarbinary",
        "boolsaschar", "textaslongvarchar", "maxvarcharsize", "maxlongvarcharsize", "debug",
        "commlog", "optimizer", "ksqo", "parse", "updatablecursors", "lfconversion",
        "trueisminus1", "bi", "uid2", "gssauthusegss", "keepalivetime", "keepaliveinterval",
        "description", "persistsecurity", "syncnotification", "useservprepare",
        "useserversideprepare", "lowercaseidentifier", "unknownsaslongvarchar",
        "connectionreset", "maxpool", "minpool", "providername", "dsn",
        "xpoprovider",
    }
)  # fmt: skip
_MICROSOFT: Final = frozenset(
    {
        "encrypt", "integratedsecurity", "trustedconnection", "multipleactiveresultsets",
        "attachdbfilename", "multisubnetfailover", "authentication", "columnencryptionsetting",
        "failoverpartner", "packetsize", "workstationid",
    }
)  # fmt: skip
_MYSQL: Final = frozenset(
    {"convertzerodatetime", "allowuservariables", "treattinyasboolean", "allowzerodatetime",
     "allowpublickeyretrieval", "defaultauth", "guidformat", "connectionprotocol"}
)  # fmt: skip
_SSLMODES: Final = {"verifyca": "verify-ca", "verifyfull": "verify-full"}
_PDO: Final = re.compile(r"(?i)(?P<kind>pgsql|mysql|sqlsrv|sqlite|odbc|oci|dblib):(?!//)")
_KEY: Final = re.compile(r"\s*(?P<key>[A-Za-z][A-Za-z0-9_ ]{0,60}?)\s*=\s*")
_SECOND_KEYWORD: Final = re.compile(
    r"\s(?:host|port|user|username|password|dbname|database|sslmode)\s*=", re.IGNORECASE
)
_CLOSING: Final = {"'": "'", '"': '"', "{": "}", "\u201c": "\u201d", "\u2018": "\u2019"}
_END: Final = re.compile(r"\s*(?:;|\Z)")
_HOST_AND_PORT: Final = re.compile(r"(?P<host>[^:,\s\[\]]+):(?P<port>[0-9]{1,5})\Z")


def begins_semicolons(body: str) -> bool:
    """Tell whether the text begins with a keyword of this form and has a semicolon in it."""
    if _PDO.match(body):
        return "=" in body
    key = _KEY.match(body)
    if key is None or ";" not in body:
        return False
    name = _name(key["key"])
    if name not in {*_PARTS, *_PARAMETERS, *_DROPPED, *_MICROSOFT, *_MYSQL, "driver", "provider"}:
        return False
    # Two keywords before the first semicolon: it belongs to a value of libpq's form.
    return _SECOND_KEYWORD.search(body.partition(";")[0]) is None


def read_semicolons(body: str, parts: Parts) -> None:
    """Fill `parts` from the settings. Raises ConnectionStringError, naming known keywords only."""
    parts.where = "The string"
    kind = _PDO.match(body)
    if kind:
        body = body[kind.end() :]
        if kind["kind"].lower() != "pgsql":
            raise refusal("scheme", "This is a PDO string of another database than PostgreSQL.")
        parts.note("A PDO string was read")
    else:
        parts.note("A .NET string was read")
    braces = re.search(r"(?i)(?:\A|;)\s*driver\s*=", body) is not None
    for position, (key, value) in enumerate(_pairs(body, braces=braces), 1):
        _give(_name(key), " ".join(key.split()), value, position, parts)


def _give(name: str, shown: str, value: str, position: int, parts: Parts) -> None:
    if name in _PARTS:
        _give_part(_PARTS[name], value, parts)
    elif name in _PARAMETERS:
        mode = value.lower().replace("-", "")
        if name == "sslmode":
            value = _SSLMODES.get(mode, value.lower())
        parts.parameters.append((_PARAMETERS[name], value))
    elif name in _DROPPED:
        parts.note(f"{shown} was left out: it is for another program")
    elif name in ("driver", "provider"):
        low = value.lower()
        if not any(each in low for each in ("postgres", "psql", "npgsql", "pgoledb")):
            raise refusal("scheme", f"The {name} in this string is none for PostgreSQL.")
        parts.note(f"{name} was left out: it is for another program")
    elif name in _MICROSOFT:
        raise refusal("scheme", "This is a string for a Microsoft SQL Server, not PostgreSQL.")
    elif name in _MYSQL:
        raise refusal("scheme", "This is a string for a MySQL database, not PostgreSQL.")
    else:
        raise refusal(
            "forbidden_param",
            f"Setting {position} of this string has a name that is not known here.",
            "Take it out. If it belongs to a value with a ; in it, put that value between double "
            'quotes: Password="…".',
        )


def _give_part(name: str, value: str, parts: Parts) -> None:
    at = _HOST_AND_PORT.match(value) if name == "host" else None
    if at:
        parts.give("port", at["port"])
        parts.note("The port was read from the host")
        value = at["host"]
    parts.give(name, value)


def _name(key: str) -> str:
    return re.sub(r"[\s_]+", "", key).lower()


def _pairs(body: str, *, braces: bool) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(body):
        if body[at] == ";" or body[at].isspace():
            at += 1
            continue
        key = _KEY.match(body, at)
        if key is None:
            raise refusal(
                "format",
                f"Setting {len(found) + 1} of this string is not written as name=value.",
                "Settings have a ; between them. If the password holds a ; put it between double "
                'quotes: Password="…".',
            )
        value, at = _value(body, key.end(), len(found) + 1, braces=braces)
        found.append((key["key"], value))
    return found


def _value(body: str, at: int, position: int, *, braces: bool) -> tuple[str, int]:
    """Read a value, bare, quoted or in ODBC's braces; return where the next setting begins."""
    closing = _CLOSING.get(body[at : at + 1], "")
    if closing == "}" and not braces:
        closing = ""
    end = body.find(closing, at + 1) if closing else -1
    while end != -1 and body[end + 1 : end + 2] == closing:
        end = body.find(closing, end + 2)
    after = _END.match(body, end + 1) if end != -1 else None
    if after:
        return body[at + 1 : end].replace(closing * 2, closing), after.end()
    if closing in ("'", '"') and end == -1:
        raise refusal(
            "format",
            f"The value of setting {position} begins with a quote that is never closed.",
            "Write a quote inside of a quoted value twice.",
        )
    end = body.find(";", at)
    end = len(body) if end == -1 else end
    return body[at:end].strip(), end + 1
