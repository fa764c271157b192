"""What words say how far something is, and a guess by their parts where they are not known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provision.web.exchange.words import folding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TASKS: Final[Mapping[str, str]] = {
    "todo": """
        to do, todo, open, opened, new, backlog, not started, not yet started, planned, created,
        inbox, pending, to be done, unstarted, icebox, no progress, 0, next up, up next,
        to-do's, todos, reopened, ideas, draft, unassigned, triage, scheduled, queued,
        incomplete, not done, unfinished, undone, unresolved, later, someday, offen, neu, nicht
        begonnen, zu erledigen, nicht gestartet, geplant, zu tun, eingang, nicht erledigt,
        unerledigt, noch offen, ausstehend, à faire, ouvert, ouverte, nouveau, nouvelle, non
        commencé, non démarré, planifié, en attente de démarrage, pas commencé, non débuté,
        prévu, por hacer, pendiente, abierto, abierta, nuevo, nueva, no iniciado, no iniciada,
        sin empezar, sin iniciar, planificado, no empezado, da fare, aperto, aperta, nuovo,
        nuova, non iniziato, non iniziata, non avviato, pianificato, da iniziare, te doen, niet
        gestart, nieuw, niet begonnen, gepland, nog te doen, a fazer, pendente, aberto, aberta,
        novo, nova, não iniciado, não iniciada, para fazer, por fazer, planejado, planeado,
        fazer, do zrobienia, otwarte, otwarty, nowe, nowy, nierozpoczęte, nie rozpoczęto,
        niezaczęte, nie rozpoczęte, zaplanowane, oczekujące, non commencée, non démarrée, pas
        commencée, à démarrer, ouvertes, ouverts, pendientes, por empezar, da avviare, aperti,
        nog niet gestart, a iniciar, não começou, nierozpoczęty, do rozpoczęcia, nieukończone,
        not complete, to be started, on deck, requested, wartend, geplante, on the list,
        prospective, sin comenzar, in attesa""",
    "in_progress": """
        in progress, inprogress, doing, started, working, working on it, active, ongoing, wip,
        work in progress, in development, in work, underway, under way, in process, developing,
        in dev, current, in arbeit, in bearbeitung, begonnen, laufend, läuft, aktiv, wird
        bearbeitet, in umsetzung, angefangen, en cours, commencé, démarré, en cours de
        réalisation, actif, en progreso, en curso, en proceso, iniciado, haciendo, empezado, en
        marcha, in corso, in lavorazione, iniziato, avviato, in esecuzione, bezig, in
        uitvoering, mee bezig, gestart, in behandeling, lopend, em andamento, em progresso, em
        curso, fazendo, em execução, w toku, w trakcie, rozpoczęte, rozpoczęty, realizowane, w
        realizacji, robione, in arbeit befindlich, angefangene, gestartet, commencée, démarrée,
        entamé, encours, en développement, en desarrollo, iniciada, empezada, haciéndose,
        iniziata, avviata, in sviluppo, gestarte, in ontwikkeling, iniciado a, em
        desenvolvimento, rozpoczęta, w trakcie realizacji, pracuję, in-progress, partially
        complete, partly done, halfway, being worked on, execution""",
    "review": """
        review, in review, testing, in testing, qa, in qa, to review, needs review, code review,
        ready for review, under review, to verify, verification, ready for qa, ready for test,
        test, to test, acceptance, waiting for review, awaiting review, pending review, pr
        review, zu prüfen, in prüfung, prüfung, überprüfung, im review, im test, abnahme, in
        abnahme, en revue, en révision, à vérifier, en relecture, à valider, en test, en
        validation, en revisión, revisión, por revisar, en pruebas, revisar, in revisione,
        revisione, da verificare, in verifica, da rivedere, ter beoordeling, beoordelen, te
        controleren, controle, em revisão, revisão, em análise, para revisar, em teste, w
        recenzji, do sprawdzenia, w trakcie przeglądu, przegląd, weryfikacja, w weryfikacji,
        testowanie, sprawdzanie, for review, peer review, in approval, waiting for approval, to
        be reviewed, ready to review, in review ✔, à relire, relecture, a revisar, por validar,
        em validação, da approvare, da controllare, in controle, do akceptacji, do recenzji, zur
        prüfung, zur abnahme, in abstimmung""",
    "done": """
        done, closed, complete, completed, finished, resolved, shipped, released, deployed,
        merged, archived, fixed, verified, delivered, cancelled, canceled, wont do, won t do,
        wont fix, won t fix, duplicate, rejected, declined, live, in production, 100, abandoned,
        obsolete, done done, accepted, complete d, erledigt, fertig, abgeschlossen, geschlossen,
        beendet, fertiggestellt, gelöst, archiviert, abgebrochen, storniert, behoben,
        freigegeben, abgenommen, vollständig, terminé, terminée, fait, faite, fermé, fermée,
        achevé, achevée, fini, finie, résolu, résolue, clôturé, clos, clôturée, annulé, annulée,
        complété, livré, hecho, hecha, completado, completada, terminado, terminada, cerrado,
        cerrada, finalizado, finalizada, resuelto, resuelta, cancelado, cancelada, listo,
        entregado, concluido, fatto, fatta, completato, completata, finito, finita, chiuso,
        chiusa, concluso, conclusa, terminato, terminata, risolto, annullato, annullata, gereed,
        klaar, voltooid, afgerond, gedaan, gesloten, afgesloten, opgelost, geannuleerd, feito,
        feita, concluído, concluída, completo, fechado, fechada, resolvido, entregue, pronto,
        zrobione, gotowe, ukończone, ukończono, zakończone, zakończony, zamknięte, wykonane,
        rozwiązane, anulowane, zrealizowane, skończone, zamknięty, gotowy, erledigte, fertige,
        abgeschlossene, terminées, terminés, faites, faits, hechas, hechos, terminadas,
        completadas, finalizadas, cerradas, fatte, completate, finite, concluse, chiuse, gedane,
        afgeronde, voltooide, feitas, concluídas, fechadas, ukończona, zakończona, wykonano,
        zrobiono, wykonana, zrobiona, closed won, closed - won, completed early, completed late,
        all done, finished it, yes, ✓, closed complete, resolved fixed, not planned, not doing,
        wontfix, not a bug, cannot reproduce, ausgeführt, umgesetzt, verworfen, abgelehnt,
        hinfällig, refusé, rejeté, abandonnée, abandonné, rechazado, descartado, rifiutato,
        scartato, afgewezen, vervallen, rejeitado, odrzucone, porzucone""",
}
_PROJECTS: Final[Mapping[str, str]] = {
    "planning": """
        planning, planned, not started, new, proposed, idea, draft, backlog, to do, todo, open,
        in planning, pending, in planung, planung, geplant, nicht begonnen, neu, offen,
        planification, planifié, non commencé, nouveau, à faire, planificación, planificado, no
        iniciado, pendiente, nuevo, pianificazione, pianificato, non iniziato, nuovo, gepland,
        niet gestart, nieuw, planejamento, planejado, planeamento, não iniciado, novo,
        planowanie, planowane, zaplanowany, nierozpoczęte, nowy, w planowaniu""",
    "active": """
        active, in progress, started, ongoing, on track, at risk, off track, doing, open,
        running, working on it, in bearbeitung, aktiv, laufend, in arbeit, läuft, begonnen,
        actif, en cours, activo, activa, en curso, en progreso, en proceso, attivo, attiva, in
        corso, actief, lopend, in uitvoering, bezig, ativo, ativa, em andamento, em curso, em
        progresso, aktywny, aktywne, w toku, w trakcie, w realizacji, realizowany""",
    "on_hold": """
        on hold, hold, paused, blocked, waiting, deferred, suspended, stalled, stuck, postponed,
        pausiert, zurückgestellt, angehalten, wartet, ruht, blockiert, en pause, en attente,
        suspendu, bloqué, reporté, en espera, pausado, en pausa, suspendido, bloqueado,
        aplazado, in sospeso, in pausa, sospeso, bloccato, in attesa, in de wacht, gepauzeerd,
        uitgesteld, em espera, suspenso, em pausa, adiado, wstrzymany, wstrzymane, zawieszony,
        zawieszone, oczekujące""",
    "completed": """
        completed, complete, done, finished, closed, delivered, launched, shipped, released,
        abgeschlossen, erledigt, fertig, beendet, geschlossen, terminé, achevé, fini, clôturé,
        livré, completado, terminado, finalizado, cerrado, hecho, completato, finito, concluso,
        terminato, chiuso, fatto, voltooid, afgerond, gereed, klaar, gesloten, concluído,
        fechado, feito, ukończony, ukończone, zakończony, zakończone, gotowe, zamknięty,
        archived, archiviert""",
    "cancelled": """
        cancelled, canceled, dropped, abandoned, rejected, aborted, stopped, wont do, won t do,
        abgebrochen, storniert, abgesagt, eingestellt, annulé, abandonné, cancelado, cancelada,
        anulado, annullato, geannuleerd, afgebroken, vervallen, anulowany, anulowane, porzucony""",
}
_TEAM: Final[Mapping[str, str]] = {
    "available": """
        available, active, free, here, working, yes, verfügbar, frei, aktiv, anwesend,
        disponible, libre, actif, présent, activo, disponibile, libero, attivo, beschikbaar,
        vrij, actief, disponível, livre, ativo, dostępny, dostępna, wolny""",
    "busy": """
        busy, occupied, engaged, overloaded, beschäftigt, ausgelastet, occupé, occupée, ocupado,
        ocupada, occupato, occupata, bezet, druk, zajęty, zajęta""",
    "away": """
        away, on leave, vacation, on vacation, holiday, absent, sick, out of office, ooo,
        inactive, offline, abwesend, urlaub, im urlaub, krank, inaktiv, en congé, en vacances,
        malade, inactif, ausente, de vacaciones, enfermo, inactivo, assente, in ferie, in
        malattia, afwezig, met verlof, vakantie, ziek, de férias, inativo, nieobecny, nieobecna,
        na urlopie, chory""",
}
WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    kind: {
        folding.word(each): value
        for value, texts in meanings.items()
        for each in texts.split(",")
        if each.strip()
    }
    for kind, meanings in {"tasks": _TASKS, "projects": _PROJECTS, "team": _TEAM}.items()
}
# Beginnings of words in the order in which they decide; `_` ends one. A word with `not` in it is
# open whatever else it holds.
_PARTS: Final[Mapping[str, Sequence[tuple[str, str]]]] = {
    "tasks": (
        (
            "done",
            """
        approved_, accepted_, not applic, not needed, not requir, no longer, sent_, paid_,
        abgehakt, genehmigt, goedgekeurd, zatwierdz, aprobad, approvat, aprovad, handed over,
        not planned, not doing""",
        ),
        (
            "todo",
            """
        to do, todo, no status, ice box, this sprint, ready for dev, ready to start, ready for
        work, ready for impl, not_, nicht_, niet_, nie_, never_, reopen, to be_, unfin, incompl,
        undone""",
        ),
        (
            "review",
            """
        review, test, qa_, verif, approv, feedback, staging, pruf, valid, revis, abnahm, accept,
        uat_, recenz, sprawdz, ready for release, ready to ship, ready for deploy, controle,
        pending approv, to merge, relecture, awaiting depl, awaiting rel, awaiting merg,
        awaiting pub, waiting for depl, waiting for rel, pending depl, pending rel, pending
        merg, ready to depl, ready to rel, almost done, nearly done""",
        ),
        (
            "done",
            """
        done, closed, complet, finish, resolv, ship, releas, deploy, merg, archiv, cancel, won
        t, wont, duplic, reject, erledig, fertig, abgeschl, termin, fatt, hech, zakoncz, ukoncz,
        gotow, zrobion, conclu, voltooid, afgerond, gereed, publish, delivered, verworfen,
        abgelehnt, invalid, obsolet, signed off, live_, finaliz, cerrad, acheve, ferme, chius,
        gesloten, fechad, entreg, livre, annul, anulow, storn, abgebroch, zamkn, gelost,
        behoben, freigegeben, resuelt, risolt, opgelost, launched, paid, sold, feit, wykonan,
        zrealizow, klar_, klaar""",
        ),
        (
            "in_progress",
            """
        progress, doing, develop, working, activ, started, ongoing, implement, current, this
        week, today, in arbeit, bearb, under constr, halfway, en cours, andamento, curso, corso,
        bezig, toku, trakcie, selected, stuck, block, investig, under way, in work, wip_,
        umsetz, aktiv, en marcha, fazendo, haciendo, uitvoering, realiz""",
        ),
        (
            "todo",
            """
        to do, todo, backlog, open_, new_, later, next, ready, plan, idea, icebox, inbox, wait,
        hold, defer, someday, queue, triage, pend, wart, offen, neu_, attente, espera, attesa,
        wacht, oczek, paus, parked, request, upcoming, postpon, suspend, zuruckgest, a faire,
        por hacer, da fare, te doen, a fazer, do zrobien, geplant""",
        ),
    ),
    "projects": (
        ("cancelled", "cancel, abandon, drop, abgebroch, annul, storn, anul, reject, gescheit"),
        ("on_hold", "hold, paus, block, wait, defer, suspend, stuck, postpon, wart, zuruckg"),
        ("planning", "not_, plan, idea, propos, new_, backlog, draft, nicht_, pitch, pipeline"),
        (
            "completed",
            """
        complet, done, finish, closed, fertig, erledig, termin, zakoncz, delivered, launched,
        abgeschl, live_, archiv, conclu, voltooid, afgerond, ukoncz""",
        ),
        (
            "active",
            """
        activ, progress, track, risk, started, ongoing, running, curso, arbeit, cours, execut,
        aktiv, toku, umsetz, andamento, corso""",
        ),
    ),
    "team": (
        ("away", "leave, vacation, holiday, sick, away, absen, urlaub, out_, inactiv, ferie"),
        ("busy", "busy, full, overload, beschaft"),
        ("available", "avail, free, activ, verfug, dispo"),
    ),
}
_BEGINNINGS: Final[Mapping[str, Sequence[tuple[str, tuple[str, ...]]]]] = {
    kind: [
        (value, tuple(" ".join(part.split()).replace("_", " ") for part in parts.split(",")))
        for value, parts in meanings
    ]
    for kind, meanings in _PARTS.items()
}


def known(kind: str, word: str) -> str | None:
    """Return what a folded word is known to say; None for others."""
    return WORDS[kind].get(word)


def by_parts(kind: str, word: str) -> str | None:
    """Return what a folded word probably says, by what it is made of; None without a sign."""
    padded = f"{word} "
    for value, parts in _BEGINNINGS[kind]:
        if any(padded.startswith(part) or f" {part}" in padded for part in parts):
            return value
    return None
