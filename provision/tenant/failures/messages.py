"""Finds the code that the words of libpq, a server or a pooler stand for.

Before the log-in libpq gives no SQLSTATE, only text; `translate` asks here. libpq's own words are
English; a server's are in its own language, so the commonest are listed in several, and the rest
is told by its shape.
"""
# ruff: noqa: RUF001

from __future__ import annotations

import re
from typing import Final

_LONGEST: Final = 2_000
_KEPT: Final = 300
_QUOTED: Final = re.compile(r"\"[^\"]*\"|>>[^<]*<<|<<[^>]*>>|»[^«]*«|«[^»]*»|„[^“]*“|“[^”]*”")
_QUOTES: Final = '"»«„“”<> '
_SEVERITY: Final = re.compile(r"\b(fatal|fatale|важно|fatalt|ölümcül)\b|致命|치명")

# In order: the first pattern found decides. Quoted names have been emptied to "" beforehand.
_PATTERNS: Final = tuple(
    (re.compile(pattern), code, why)
    for code, why, pattern in (
        ("dns_failed", None, (r"could not translate host name|failed to resolve host|"
            r"name or service not known|nodename nor servname|failure in name resolution")),
        # TLS
        ("tls_unsupported", None, r"server does not support ssl"),
        ("tls_required", None, (r"channel binding required,? but ssl not in use|"
            r"connection is insecure|(ssl|tls|ssl/tls)( connection)? (is )?(required|mandatory)|"
            r"requires? (an? )?(ssl|tls|encrypt)|must use (ssl|tls|encrypt)|"
            r"use (ssl|tls|sslmode)|sslmode=require|(insecure|unencrypted|non-?ssl|plaintext) "
            r"connections? (is|are|was|were|has|have|not)|without (ssl|tls|encryption) (is|are)|"
            r"only (ssl|tls|encrypted|secure) connections|secure transport")),
        ("tls_required", "pg_hba", (r"pg_hba\.conf.*(no encryption|ssl off|"
            r"keine verschlüsselung|aucun chiffrement|"
            r"pas de chiffrement|sans chiffrement|sin cifrado|sem criptografia|"
            r"nessuna crittografia|без шифрования|без шифрування|暗号化なし|没有加密|无加密|"
            r"ingen kryptering|keine verschl|암호화 안함|დაშიფვრის გარეშე)")),
        ("tls_untrusted", None, (r"certificate verify failed|does not match host name|"
            r"self[- ]signed certificate|certificate has expired|root certificate|"
            r"could not get server's host name|unable to get local issuer|signature failure")),
        ("not_postgres", None, (r"wrong version number|packet length too long|http request|"
            r"received invalid response to ssl negotiation|received unencrypted data after ssl|"
            r"expected authentication request from server|invalid response to gssapi|"
            r"lost synchronization with server|received invalid authentication request|"
            r"received invalid protocol negotiation|record layer failure|"
            r"error response during ssl exchange|unsupported frontend protocol")),
        # Logging in
        ("auth_method_refused", "channel binding", r"channel binding (is |was )?required"),
        ("auth_method_refused", None, (r"authentication method requirement|"
            r"authentication method \S+ not supported|"
            r"did not complete authentication|server offered no supported sasl")),
        ("auth_failed", "no_password", r"no password supplied|empty password"),
        ("auth_failed", None, (r"authentication failed|role \"\" does not exist|"
            r"is not permitted to log in|no such user|tenant or user not found|"
            r"tenant/user .*not found|wrong password|password mismatch|"
            r"authentifizierung .*fehlgeschlagen|mot de passe échoué|authentification .*échou|"
            r"autentificación .*falló|autenticazione .*fallita|autenticação .*falhou|"
            r"проверку подлинности|パスワード認証に失敗|认证失败|認證失敗|인증을 실패|"
            r"autoryzacja .*nie powiodła|autentisering misslyckades|doğrulaması başarısız|"
            r"автентифікацію|darf nicht einloggen|n'est pas autorisé à se connecter")),
        ("access_denied", None, (r"pg_hba\.conf|valid client certificate|"
            r"permission denied for database|not currently accepting connections|"
            r"access denied|not allowed to connect|ip address .*not allowed|compute time quota|"
            r"keine berechtigung für datenbank|droit refusé pour la base|"
            r"permiso denegado a la base de datos")),
        # A pooler in between
        ("connection_failed", "statement pooling", (r"statement pooling|"
            r"transaction blocks? (are )?not allowed|"
            r"transactions? (are )?not (allowed|supported)")),
        ("server_shutting_down", "pooler", (r"cannot connect to (the )?(server|database|backend)|"
            r"server login (has been )?fail|server_login_retry|no servers? available|"
            r"failed to (get|acquire|create) .*(server|backend)|backend (is )?(down|unavailable)|"
            r"all servers (are )?down|server conn(ection)? crashed|connect failed")),
        # The database and its room
        ("database_not_found", None, (r"database \"\" does not exist|no such database|"
            r"endpoint .*could not be found|database .*not found|datenbank \"\" existiert nicht|"
            r"base de données \"\" n'existe pas|base de datos \"\" no existe|"
            r"database \"\" non esiste|banco de dados \"\" não existe|"
            r"база данных \"\" не существует|データベース\"\"は存在しません|数据库 \"\" 不存在")),
        ("too_many_connections", None, (r"too many (clients|connections)|connection slots|"
            r"max.?client.?conn|no more connections allowed|max clients reached|emaxconn|"
            r"query_wait_timeout|zu viele verbindungen|verbleibenden verbindungen|"
            r"trop de (clients|connexions)|demasiad[oa]s (clientes|conexiones)|"
            r"troppi client|troppe connessioni|muit[oa]s (clientes|conexões)|"
            r"слишком много|クライアント数が多すぎ|太多的客户|너무 많은")),
        ("server_shutting_down", None, (r"system is shutting down|administrator command|"
            r"f.{1,2}hrt herunter|s'arr.te|apag.ndose|se está cerrando|arrestando|spegnendo|"
            r"st.nger ner|выключается|останавливается|завершує роботу|ითიშება|"
            r"シャットダウン|关闭|停止中|중지 중")),
        ("server_starting", None, (r"system is starting up|not yet accepting|not accepting|"
            r"in recovery mode|startet gerade|das datenbanksystem startet|se lance|iniciándose|"
            r"si sta avviando|iniciando|запускается|起動しています|正在启动")),
        # The line
        ("connection_refused", None, r"connection refused|refused the network connection"),
        ("unreachable", None, (r"network is unreachable|no route to host|host is down|"
            r"host is unreachable|cannot assign requested address|network is down|"
            r"address family not supported|permission denied\s*$|operation not permitted")),
        ("connect_timeout", None, r"timeout expired|timed out|timeout"),
        ("server_closed_connection", None, (r"closed the connection|connection reset|eof detected|"
            r"unexpected eof|broken pipe|connection aborted|software caused connection abort|"
            r"could not receive data|could not send")),
        ("tls_unsupported", None, r"ssl error|could not .*ssl|unsupported protocol|handshake"),
    )
)  # fmt: skip


def read(text: str, user: str = "", database: str = "") -> tuple[str | None, str | None]:
    """Return the code a connect-time message stands for and a variant of its wording, or None.

    `user` and `database` help with a server whose language is not listed: which of the two its
    refusal names is then the best hint there is.
    """
    shown = text[:_LONGEST].lower()
    plain = _QUOTED.sub('""', shown)
    for pattern, code, why in _PATTERNS:
        if pattern.search(plain):
            return code, why
    if _SEVERITY.search(plain):
        names = set(_QUOTED.findall(shown.rpartition("failed:")[2]))
        inner = {name.strip(_QUOTES) for name in names}
        if database and database.lower() in inner and database != user:
            return "database_not_found", None
        if user and user.lower() in inner:
            return "auth_failed", None
    return None, None


def keep(error: BaseException, *, said: bytes, routine: bytes) -> None:
    """Keep with an error the beginning of what a server said, to choose a code by.

    It is no part of the error's text, so that nothing prints it.
    """
    vars(error)["_said"] = said[:_KEPT].decode(errors="replace")
    vars(error)["_routine"] = routine[:_KEPT].decode(errors="replace")


def said(error: BaseException) -> str:
    """Return what the server said, as far as it was kept, else the error's own text."""
    return str(vars(error).get("_said") or error)


def routine(error: BaseException) -> str:
    """Return the server's own function that refused, which has one name in every language."""
    return str(vars(error).get("_routine", ""))


_DENIED: Final = (
    (re.compile(r"row-level security|row level security"), "row policy"),
    (re.compile(r"must be owner of|must be able to"), "owner"),
    (re.compile(r"for schema"), "schema"),
    (re.compile(r"for (table|view|relation|column|sequence|materialized view)"), "table"),
    (re.compile(r"for database"), "database"),
)


def read_denied(text: str, refused_by: str = "") -> str:
    """Return which right was lacking, by what a server that is logged in to says of it.

    `refused_by` is the server's function; it decides where the language is another.
    """
    if refused_by == "ExecWithCheckOptions":
        return "row policy"
    plain = _QUOTED.sub('""', text[:_LONGEST].lower())
    return next((why for pattern, why in _DENIED if pattern.search(plain)), "statement")
