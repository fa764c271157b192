"""Sheets that people keep by hand, in eight languages, and what tools vary."""

from __future__ import annotations

from tests.web.exchange.corpus.expected import File, Task

_EVA, _KARL = "Eva Lind", "Karl Noe"

_GERMAN = """Aufgabe;Status;Priorität;Fällig am;Verantwortlich;Projekt;Erledigt am
Tür prüfen;In Arbeit;hoch;04.12.2026;Lind, Eva;Büro;
Müll wegbringen;erledigt;niedrig;20.11.2026;Noe, Karl;Büro;19.11.2026
Möbel bestellen;offen;;;;Büro;
"""
_FRENCH = """Tâche;Statut;Priorité;Échéance;Assigné à;Projet
Vérifier la porte;En cours;Élevée;04/12/2026;Eva Lind;Bureau
Sortir les déchets;Terminée;Basse;20/11/2026;Karl Noe;Bureau
Commander des meubles;À faire;;;;Bureau
"""
_SPANISH = """Tarea,Estado,Prioridad,Fecha de vencimiento,Asignado a,Proyecto
Revisar la puerta,En curso,Alta,4 de diciembre de 2026,Eva Lind,Oficina
Sacar la basura,Hecho,Baja,20 de noviembre de 2026,Karl Noe,Oficina
Pedir muebles,Pendiente,,,,Oficina
"""
_ITALIAN = """Attività;Stato;Priorità;Scadenza;Assegnato a;Progetto;Completata
Controllare la porta;In corso;Alta;4 dicembre 2026;Eva Lind;Ufficio;FALSO
Portare via i rifiuti;;Bassa;20/11/2026;Karl Noe;Ufficio;VERO
Ordinare mobili;Da fare;;;;Ufficio;FALSO
"""
_DUTCH = """Taak;Status;Prioriteit;Vervaldatum;Toegewezen aan;Project
Deur nakijken;Bezig;Hoog;04-12-2026;Eva Lind;Kantoor
Afval wegbrengen;Voltooid;Laag;20-11-2026;Karl Noe;Kantoor
Meubels bestellen;Te doen;;;;Kantoor
"""
_PORTUGUESE = """Tarefa;Situação;Prioridade;Prazo;Responsável;Projeto
Verificar a porta;Em andamento;Alta;04/12/2026;Eva Lind;Escritório
Levar o lixo;Concluída;Baixa;20/11/2026;Karl Noe;Escritório
Encomendar móveis;A fazer;;;;Escritório
"""
_POLISH = """Zadanie;Status;Priorytet;Termin;Przypisane do;Projekt
Sprawdzić drzwi;W toku;Wysoki;4 grudnia 2026;Eva Lind;Biuro
Wynieść śmieci;Zakończone;Niski;20.11.2026;Karl Noe;Biuro
Zamówić meble;Do zrobienia;;;;Biuro
"""
_GROUPS = """Task,Owner,Due,Status

Kitchen
Buy a table,Eva Lind,2026-12-04,doing
Fix the tap,,,todo

Hall
Hang the mirror,Karl Noe,2026-11-20,done
Buy a lamp,,,
"""
_TICKS = """Done,Task,Who,When
[x],Send the letter,@eva,Fri 11/20/26
[ ],Call the bank,@karl,Fri 12/4/26
"""
_MARKDOWN = """Title|Assigned To|State|Finish date
Read the report|[Eva](https://example.org/eva)|Open|2026-12-04T23:30:00-08:00
Answer it|Karl Noe <karl@example.org> & Eva Lind|Won't fix|
"""
_NO_YEAR = """Task,Due,Status
Water the plants,Dec 4,Open
Feed the cat,"Dec 18, 2026",Open
Empty the bin,every friday,Done
"""
_UNSURE = """Title,Due,Owner
Send the letter,03/04/2026,Eva Lind
Call the bank,05/06/2026,Karl Noe
"""


def _office(first: str, second: str, third: str, project: str) -> tuple[Task, ...]:
    return (
        Task(first, "in_progress", "2026-12-04", _EVA, project),
        Task(second, "done", "2026-11-20", _KARL, project),
        Task(third, "todo", None, "", project),
    )


SHEETS: tuple[File, ...] = (
    File("German, Mac Roman", _GERMAN.encode("mac_roman"), (
        Task("Tür prüfen", "in_progress", "2026-12-04", _EVA, "Büro"),
        Task("Müll wegbringen", "done", "2026-11-20", _KARL, "Büro", "2026-11-19"),
        Task("Möbel bestellen", "todo", None, "", "Büro"),
    )),
    File("French", _FRENCH.encode("cp1252"), _office(
        "Vérifier la porte", "Sortir les déchets", "Commander des meubles", "Bureau")),
    File("Spanish", _SPANISH.encode(), _office(
        "Revisar la puerta", "Sacar la basura", "Pedir muebles", "Oficina")),
    File("Italian", _ITALIAN.encode("cp1252"), _office(
        "Controllare la porta", "Portare via i rifiuti", "Ordinare mobili", "Ufficio")),
    File("Dutch", _DUTCH.encode(), _office(
        "Deur nakijken", "Afval wegbrengen", "Meubels bestellen", "Kantoor")),
    File("Portuguese", _PORTUGUESE.encode("cp1252"), _office(
        "Verificar a porta", "Levar o lixo", "Encomendar móveis", "Escritório")),
    File("Polish", _POLISH.encode("cp1250"), _office(
        "Sprawdzić drzwi", "Wynieść śmieci", "Zamówić meble", "Biuro")),
    File("groups", _GROUPS.encode("utf-16"), (
        Task("Buy a table", "in_progress", "2026-12-04", _EVA),
        Task("Fix the tap"),
        Task("Hang the mirror", "done", "2026-11-20", _KARL),
        Task("Buy a lamp"),
    )),
    File("ticks", _TICKS.encode(), (
        Task("Send the letter", "done", "2026-11-20", _EVA),
        Task("Call the bank", "todo", "2026-12-04", _KARL),
    )),
    File("links", _MARKDOWN.encode(), (
        Task("Read the report", "todo", "2026-12-05", _EVA),
        Task("Answer it", "done", None, _KARL),
    )),
    File("days without a year", _NO_YEAR.encode(), (
        Task("Water the plants", "todo", "2026-12-04"),
        Task("Feed the cat", "todo", "2026-12-18"),
        Task("Empty the bin", "done"),
    ), asks=True),
    File("days in doubt", _UNSURE.encode(), (), asks=True),
)  # fmt: skip
