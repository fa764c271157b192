"""Holds the layers by parsing every import, those for type checkers included."""

from __future__ import annotations

import ast
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

_ROOT = Path(__file__).parent.parent
_PACKAGE = _ROOT / "provision"

# What each part may import of ours; a part is the first name below `provision`.
_MAY_IMPORT = {
    "errors": set[str](),
    "loopback": set[str](),
    "tls": set[str](),
    "settings": {"errors", "loopback"},
    "admission": {"errors", "control", "tenant"},
    "metrics": set[str](),
    "memory": set[str](),
    "security_headers": set[str](),
    "credentials": {"credentials", "errors"},
    "built_in": {"built_in", "errors"},
    "nouns": {"nouns", "errors"},
    "control": {"control", "errors", "settings", "credentials", "tls"},
    "tenant": {"tenant", "nouns", "errors", "memory", "loopback", "tls"},
    "web": {
        *("web", "metrics", "control", "tenant", "nouns", "security_headers"),
        *("errors", "settings", "credentials", "loopback", "tls"),
    },
}
# The folders of `control`, lowest first: each imports only what stands above it in this list.
# Those of one line know nothing of each other. The modules beside the folders are the last line.
_CONTROL_ORDER = (
    {"store"},
    {"attempts", "audit", "import_words", "secrets"},
    {"connections"},
    {"workspaces"},
    {"accounts"},
    {"second_factor", "sign_in"},
    {"dossier", "idempotency", "keys"},
)
# The folders of `tenant`, lowest first: each imports only from itself and from those before it.
_TENANT_ORDER = (
    *("host", "failures", "network", "connection", "dsn.named", "dsn", "pool", "schema"),
    *("queries.statements", "queries", "transfer", "probe"),
)
_COMPOSING = {"__init__", "__main__", "assembly", "cli", "server"}


@cache
def _modules() -> list[Path]:
    return sorted(_PACKAGE.rglob("*.py"))


def _name(path: Path) -> str:
    return ".".join(path.relative_to(_ROOT).with_suffix("").parts)


@cache
def _part(path: Path) -> str:
    return path.relative_to(_PACKAGE).with_suffix("").parts[0]


@cache
def _imports(path: Path) -> set[str]:
    """Every module and every name that `path` imports, in dotted form."""
    found = set[str]()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            assert node.module is not None
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


@cache
def _parts() -> frozenset[str]:
    return frozenset(map(_part, _modules()))


def _parts_imported(path: Path) -> set[str]:
    names = [name.split(".") for name in _imports(path) if name.split(".")[0] == "provision"]
    return {name[1] for name in names if len(name) > 1 and name[1] in _parts()} | {
        "__init__" for name in names if len(name) == 2 and name[1] in ("create_app", "close_app")
    }


@pytest.mark.parametrize("path", _modules(), ids=_name)
def test_a_module_imports_only_what_its_layer_may(path: Path) -> None:
    part = _part(path)
    if part in _COMPOSING:
        return
    assert part in _MAY_IMPORT, f"{part} is in no layer yet"
    assert _parts_imported(path) <= _MAY_IMPORT[part]


@pytest.mark.parametrize("path", sorted((_PACKAGE / "control").rglob("*.py")), ids=_name)
def test_the_folders_of_control_have_an_order(path: Path) -> None:
    unit = path.relative_to(_PACKAGE / "control").with_suffix("").parts[0]
    units = set[str]().union(*_CONTROL_ORDER)
    names = [name.split(".") for name in _imports(path)]
    used = {name[2] for name in names if name[:2] == ["provision", "control"] and len(name) > 2}
    if unit == "__init__":
        assert not used
        return
    rank = next(rank for rank, line in enumerate(_CONTROL_ORDER) if unit in line)
    lower = set[str]().union(*_CONTROL_ORDER[:rank])
    last = _CONTROL_ORDER[-1] if rank == len(_CONTROL_ORDER) - 1 else set[str]()
    assert used & units <= lower | {unit} | last


def _tenant_folder(name: str) -> str:
    """Return the folder of `tenant` that a dotted name is in, empty for what is beside them."""
    below = name.removeprefix("provision.tenant.") + "."
    return max(
        (each for each in _TENANT_ORDER if below.startswith(f"{each}.")), key=len, default=""
    )


def test_every_folder_of_tenant_has_its_place_in_the_order() -> None:
    folders = {_name(each.parent) for each in _modules() if _part(each) == "tenant"}
    assert folders - {"provision.tenant"} == {f"provision.tenant.{each}" for each in _TENANT_ORDER}


@pytest.mark.parametrize(
    "path", [each for each in _modules() if _part(each) == "tenant"], ids=_name
)
def test_a_folder_of_tenant_imports_only_lower_ones(path: Path) -> None:
    own = _tenant_folder(_name(path))
    used = {_tenant_folder(name) for name in _imports(path) if name.startswith("provision.tenant.")}
    if own:
        assert used <= set(_TENANT_ORDER[: _TENANT_ORDER.index(own) + 1])


def test_of_the_server_only_serve_composes() -> None:
    composing = {"provision.server.__init__", "provision.server.serve"}
    for path in _modules():
        if _part(path) == "server" and _name(path) not in composing:
            assert _parts_imported(path) <= {"server", "security_headers"}, path


@pytest.mark.parametrize("path", _modules(), ids=_name)
def test_only_sealed_calls_the_vault(path: Path) -> None:
    if _name(path) in ("provision.control.secrets.sealed", "provision.credentials.vault"):
        return
    assert "provision.credentials.vault" not in _imports(path)


@pytest.mark.parametrize("path", _modules(), ids=_name)
def test_only_those_who_compose_know_the_engine_registry(path: Path) -> None:
    if _part(path) in (*_COMPOSING, "tenant"):
        return
    assert "provision.tenant.pool.registry" not in _imports(path)


@pytest.mark.parametrize(
    ("library", "parts"),
    [
        ("flask", {"web"}),
        ("flask_login", {"web"}),
        ("flask_wtf", {"web"}),
        ("jinja2_fragments", {"web"}),
        ("werkzeug", {"web"}),
        ("psycopg", {"tenant", "built_in"}),
        ("alembic", {"control"}),
        ("gunicorn", {"server"}),
        ("httptools", {"server"}),
        ("click", {"cli"}),
        ("argon2", {"credentials"}),
        ("cryptography", {"credentials"}),
        ("pyotp", {"credentials"}),
        ("segno", {"web"}),
        ("charset_normalizer", {"web"}),
        ("python_calamine", {"web"}),
        ("dotenv", {"settings"}),
        ("redis", {"control"}),
    ],
)
def test_a_library_is_known_to_its_layer_only(library: str, parts: set[str]) -> None:
    users = {
        _part(path)
        for path in _modules()
        if any(name.split(".")[0] == library for name in _imports(path))
    }
    # Whoever passes a made app on may name its type.
    allowed = parts | ({"__init__", "assembly", "server"} if library == "flask" else set())
    assert users <= allowed


def test_importing_the_package_alone_loads_none_of_its_modules() -> None:
    tree = ast.parse((_PACKAGE / "__init__.py").read_text())
    at_the_top = {
        node.module for node in tree.body if isinstance(node, ast.ImportFrom) and node.module
    }
    assert at_the_top == {"__future__", "typing"}


# The folders of `web`, lowest first: each imports only those before it; `.` are its own modules.
_WEB_ORDER = (
    *("format", "answer", "request", "rows", "operations", "two_factor", "account", "setup"),
    *("tasks/quick", "tasks", "dashboard", "settings"),
    *("exchange/words", "exchange/reading", "exchange/columns", "exchange/checking", "exchange"),
    *("api/openapi", "api", "."),
)
# A folder is one subject, and is seen at a glance.
_MOST_MODULES = 14


def _folder(path: Path, top: Path) -> str:
    return path.parent.relative_to(top).as_posix()


def _arrows(top: Path) -> set[tuple[str, str]]:
    """Each pair of folders below `top` of which the first imports the second."""
    by_name = {_name(path).removesuffix(".__init__"): path for path in top.rglob("*.py")}
    return {
        (_folder(path, top), _folder(by_name[name], top))
        for path in by_name.values()
        for name in _imports(path)
        if name in by_name and _folder(path, top) != _folder(by_name[name], top)
    }


def test_the_folders_of_web_import_each_other_in_one_order() -> None:
    web = _PACKAGE / "web"
    assert {_folder(path, web) for path in web.rglob("*.py")} == set(_WEB_ORDER)
    assert len(set(_WEB_ORDER)) == len(_WEB_ORDER)
    upwards = {
        (low, high) for low, high in _arrows(web) if _WEB_ORDER.index(high) > _WEB_ORDER.index(low)
    }
    assert upwards == set()


def test_no_folder_has_more_modules_than_can_be_seen_at_a_glance() -> None:
    counts = Counter(path.parent for path in _modules() if path.name != "__init__.py")
    too_many = {
        path.relative_to(_PACKAGE).as_posix(): count
        for path, count in counts.items()
        if count > _MOST_MODULES
    }
    assert too_many == {}
