"""The headings by which we know the columns of other tools and languages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provision.web.exchange.words import folding

if TYPE_CHECKING:
    from collections.abc import Mapping

# The best known first; a column that nothing better is found for takes a later one.
_HEADINGS: Final[Mapping[str, str]] = {
    "title": """
        title, task name, task, card name, summary, to-do, todo, content, subject, name, issue,
        item, task title, work item, story, action, issue title, action item, what, aufgabe,
        titel, aufgabenname, betreff, vorgangsname, vorgang, bezeichnung, thema, tâche, titre,
        nom de la tâche, intitulé, nom, sujet, objet, résumé, tarea, título, nombre de la tarea,
        nombre, asunto, actividad, resumen, attività, titolo, nome attività, nome, compito,
        oggetto, riepilogo, taak, taaknaam, naam, onderwerp, omschrijving, tarefa, nome da
        tarefa, assunto, atividade, zadanie, tytuł, nazwa zadania, nazwa, temat,
        zusammenfassung, aufgabentitel, tâche à faire, resumo, samenvatting, podsumowanie, work
        item title, deliverable, requirement, job, to do, activity, nome da atividade, titolo
        attività, card, card title, tarefas, aufgaben, tasks, task description, zu erledigen""",
    "name": """
        name, project name, project, person, full name, member, title, display name, user name,
        user, employee, teammate, portfolio, projekt, projektname, mitarbeiter, vollständiger
        name, titel, projet, nom du projet, nom, personne, nom complet, membre, proyecto, nombre
        del proyecto, nombre, persona, nombre completo, miembro, progetto, nome del progetto,
        nome progetto, nome, nome completo, membro, projectnaam, naam, persoon, volledige naam,
        medewerker, projeto, nome do projeto, pessoa, nazwa projektu, nazwa, osoba, imię i
        nazwisko, pracownik""",
    "description": """
        description, notes, task content, card description, body, details, note, task
        description, issue description, desc, comment, long description, text, beschreibung,
        notizen, notiz, bemerkung, bemerkungen, anmerkung, anmerkungen, détails, remarques,
        commentaire, descripción, notas, detalles, observaciones, comentarios, descrizione,
        dettagli, osservazioni, beschrijving, notities, toelichting, opmerkingen, opmerking,
        descrição, detalhes, observações, opis, notatki, uwagi, szczegóły, task notes,
        additional notes, remarks, descrizione attività, opis zadania, aufgabenbeschreibung""",
    "status": """
        custom status, status, task status, state, issue status, current status, workflow state,
        phase, stand, zustand, bearbeitungsstand, bearbeitungsstatus, statut, état, etat,
        avancement, estado, situación, stato, toestand, situação, stan, estado da tarefa, estado
        de la tarea, aufgabenstatus, taakstatus, project status, projektstatus, progress status,
        kanban status, statusname, status name, stan zadania, statut de la tâche, stato
        attività, fase, etapa, étape, column status""",
    "stage": """
        list name, list, section/column, section, column, bucket name, bucket, group, stage,
        board column, status category, liste, spalte, abschnitt, bereich, gruppe, colonne,
        groupe, lista, sección, columna, grupo, colonna, sezione, gruppo, lijst, kolom, sectie,
        groep, coluna, seção, kolumna, sekcja, grupa, kanban column, swimlane, to-do list, todo
        list, status, state, bucketname, nom du compartiment, nombre del depósito, nome do
        bucket, nome bucket, bucketnaam, nazwa zasobnika""",
    "progress": """
        % complete, percent complete, progress, % completed, complete %, percentage complete, %
        done, completion, completion %, progress %, percent done, pct complete, fortschritt, %
        abgeschlossen, % erledigt, prozent abgeschlossen, erledigt %, progression, % achevé, %
        terminé, avancement %, progreso, % completado, avance, progresso, % completamento, %
        completato, avanzamento, voortgang, % voltooid, percentage voltooid, % concluído, %
        concluida, postęp, % ukończenia, % wykonania, complete (%), % completion, pct,
        percentage, percentage done, fertigstellung %, prozent, fortschritt %, fortschritt in %,
        avancement (%), % de progreso, porcentaje completado, % completata, percentuale di
        completamento, percentage gereed, % gereed, percentual concluído, procent ukończenia""",
    "is_done": """
        done, is done, completed, complete, is completed, due complete, checked, finished,
        closed, is closed, archived, done?, completed?, checkbox, is complete, task completed,
        resolution, erledigt, abgeschlossen, fertig, erledigt?, terminé, fait, achevé, terminée,
        fini, hecho, completado, completada, terminado, finalizado, fatto, completato,
        completata, finito, gedaan, voltooid, afgerond, klaar, feito, concluído, concluída,
        zrobione, ukończone, zakończone, gotowe, wykonane, archiviert, archivé, archivado,
        zamknięte, task done, task complete, finished?, complete?, done (y/n), done yes/no,
        checked?, ist erledigt, est terminé, completato?, complétée, completadas, achevée,
        geschlossen, gesloten, chiuso, fermé, cerrado, afgevinkt, gereed, ticked, tick, check,
        ok, ✓, status done, canceled, cancelled, Lösung, Résolution, Resolución, Risoluzione,
        Oplossing, Resolução, Rozwiązanie, checked off, crossed off, struck, accomplished""",
    "priority": """
        priority, prio, importance, urgency, severity, task priority, priority level, priorität,
        wichtigkeit, dringlichkeit, priorité, urgence, prioridad, importancia, urgencia,
        priorità, importanza, urgenza, prioriteit, belang, urgentie, prioridade, importância,
        urgência, priorytet, ważność, pilność, prio level, priority name, task importance,
        dringend, rang, stufe""",
    "due_date": """
        due date, due, when, wann, quand, cuándo, quando, wanneer, kiedy, due on, deadline, due
        at, end date, finish, finish date, target date, end, date due, due by, date, planned
        end, planned finish, timeline - end, timeline end, expected completion, target, due date
        time, complete by, end on, due day, timeline, fällig am, fällig, fälligkeit,
        fälligkeitsdatum, frist, termin, enddatum, ende, stichtag, bis, fertigstellung, abgabe,
        zieldatum, fertig stellen, datum, échéance, date d'échéance, date limite, date de fin,
        fin, date butoir, à faire pour, fecha de vencimiento, vencimiento, fecha límite, fecha
        de entrega, fecha fin, fecha de fin, plazo, fecha, vence, scadenza, data di scadenza,
        data scadenza, termine, data fine, data di fine, fine, data, vervaldatum, einddatum,
        uiterste datum, einde, vervalt op, data de vencimento, prazo, data de entrega, data de
        término, data limite, data final, término, vence em, termin wykonania, data zakończenia,
        data ukończenia, koniec, ostateczny termin, deadline date, due-date, delivery date,
        complete before, target end date, target end, planned due date, fällig bis, zu erledigen
        bis, endtermin, liefertermin, date de livraison, date de remise, date fin, fecha final,
        fecha objetivo, data di consegna, consegna, opleverdatum, einde datum, data de fim, data
        prevista, data prevista de término, termin realizacji""",
    "project": """
        project, project name, projects, board, board name, list name, list, folder, plan name,
        list project, repository, plan, space, space name, folder name, parent folder, epic,
        epic name, workspace, projekt, projektname, ordner, tafel, projet, nom du projet,
        dossier, tableau, projets, proyecto, nombre del proyecto, carpeta, tablero, proyectos,
        progetto, nome progetto, nome del progetto, cartella, bacheca, progetti, projectnaam,
        map, bord, projecten, projeto, nome do projeto, pasta, quadro, projetos, nazwa projektu,
        tablica, projekty, project title, project/list, client project, projekt name, nombre
        proyecto, campaign, initiative, repo, team project""",
    "assignee": """
        assignee, assigned to, assignees, assign, owner, members, responsible, person, people,
        assignee name, responsible person, assigned, who, resource names, resources, resource,
        member, task owner, assignee(s), assigned users, user, owners, assign to, assignee
        username, zugewiesen an, zuständig, verantwortlich, verantwortliche, verantwortlicher,
        bearbeiter, zugewiesen, wer, mitglieder, zuständige person, bearbeiterin, zugewiesene
        person, assigné à, assigné, responsable, attribué à, personne, membres, affecté à, qui,
        asignado a, asignado, persona asignada, encargado, miembros, propietario, assegnato a,
        assegnatario, responsabile, incaricato, membri, persona, toegewezen aan, toegewezen,
        verantwoordelijke, eigenaar, leden, wie, atribuído a, responsável, atribuído, membros,
        designado, proprietário, przypisane do, przypisany do, przypisana do, odpowiedzialny,
        wykonawca, osoba, osoba odpowiedzialna, przypisano, przypisany, członkowie, delegate,
        delegated to, in charge, accountable, lead, task assignee, assigned person, zugewiesene
        personen, verantwortliche person, besitzer, eigentümer, mitarbeiter, attribution, en
        charge, chargé, asignada a, asignados, encargada, assegnata a, assegnati, uitvoerder,
        toegewezen persoon, atribuída a, atribuído para, executor, wykonujący, osoba przypisana""",
    "assignee_email": """
        assignee email, assignee e-mail, assigned to email, owner email, assignee mail, e-mail
        des zuständigen, email assignee, responsible email, email de l'assigné""",
    "created_at": """
        created at, created, created on, created date, date created, creation date, created
        time, createddate, added, date added, opened, created at date, creation time, erstellt,
        erstellt am, erstellungsdatum, angelegt, angelegt am, créé le, date de création, créé,
        creado, creado el, fecha de creación, creato, creato il, data di creazione, data
        creazione, aangemaakt, aangemaakt op, gemaakt op, aanmaakdatum, criado, criado em, data
        de criação, utworzono, data utworzenia, utworzone, created on date, entered,
        erstelldatum, erfasst am, date création, fecha creación, data creazione attività, datum
        aangemaakt, data criação""",
    "completed_at": """
        completed at, completed on, completed date, date completed, done on, date done, closed
        at, resolved, date closed, closed on, closed, completed, completion date, finished at,
        resolved at, done at, done date, finished on, resolution date, completed time, canceled,
        cancelled, actual finish, actual end, closed date, last completed at, actual end date,
        erledigt am, abgeschlossen am, fertig am, abschlussdatum, erledigt, geschlossen am,
        terminé le, date d'achèvement, achevé le, date de clôture, fait le, completado el, fecha
        de finalización, fecha de cierre, terminado el, hecho el, completato il, data di
        completamento, data completamento, chiuso il, voltooid op, afgerond op, datum voltooid,
        gesloten op, concluído em, data de conclusão, finalizado em, feito em, ukończono, data
        wykonania, zakończono, wykonano, zamknięto, completed date time, completed on date, when
        done, date finished, datum erledigt, erledigungsdatum, abgeschlossen, fertiggestellt am,
        date de réalisation, date terminé, fecha completado, fecha de término, completata il,
        data chiusura, data de conclusão real, data ukończenia zadania, date completed at,
        actual completion date, resolution time, last completed on""",
    "budget": """
        budget, planned budget, planned cost, planned, budgeted, estimate, approved budget,
        total budget, budgetbetrag, plankosten, budget prévu, presupuesto, coste previsto,
        bilancio, budget previsto, preventivo, begroting, begroot, orçamento, custo previsto,
        budżet, koszt planowany, geplante kosten, etat""",
    "spent": """
        spent, actual cost, cost, actual, costs, spend, used, expenses, money spent, ausgegeben,
        istkosten, kosten, ausgaben, verbraucht, dépensé, dépenses, coût, coût réel, gastado,
        gasto, coste, costo, gastos, speso, spese, costo effettivo, besteed, uitgegeven, custo,
        despesas, wydano, wydatki, koszt, koszty""",
    "email": """
        e-mail, email, email address, mail, emails, e-mail-adresse, mailadresse, courriel,
        adresse e-mail, correo, correo electrónico, posta elettronica, indirizzo email,
        e-mailadres, endereço de e-mail, adres e-mail""",
    "role": """
        role, job title, position, title, function, job, rolle, funktion, stelle, rôle,
        fonction, poste, rol, puesto, cargo, ruolo, posizione, functie, função, papel, rola,
        stanowisko""",
    "workload": """
        workload, load, capacity, utilisation, utilization, allocation, auslastung, kapazität,
        charge, charge de travail, carga, carga de trabajo, carico, carico di lavoro, werklast,
        bezetting, carga de trabalho, obciążenie""",
    "id": "id, provision id",
}
_KNOWN: Final[Mapping[str, Mapping[str, int]]] = {
    role: {
        folding.heading(each): place
        for place, each in reversed(list(enumerate(texts.split(","))))
        if each.strip()
    }
    for role, texts in _HEADINGS.items()
}
# Words by which a heading is told to be of another language than English.
_LANGUAGES: Final[Mapping[str, str]] = {
    "de": "aufgabe titel fallig falligam falligkeit frist verantwortlich zustandig prioritat"
    " beschreibung erledigt erledigtam projekt termin zugewiesenan ausgegeben enddatum notizen",
    "fr": "tache titre echeance responsable priorite statut projet assignea termine dateecheance"
    " nomdelatache depense",
    "es": "tarea titulo vencimiento fechadevencimiento fechalimite prioridad estado proyecto"
    " asignadoa completado presupuesto gastado",
    "it": "attivita titolo scadenza priorita stato progetto assegnatoa completato speso"
    " datadiscadenza",
    "nl": "taak taaknaam vervaldatum prioriteit toegewezenaan voltooid beschrijving begroting"
    " besteed einddatum",
    "pt": "tarefa prazo prioridade situacao projeto responsavel concluido datadevencimento"
    " orcamento descricao",
    "pl": "zadanie tytul terminwykonania priorytet stan projekt przypisanedo opis zrobione budzet"
    " wydano termin",
}


def place_of(role: str, heading: str) -> int | None:
    """Return how well a heading is known for a column, 0 for best; None where it is not."""
    return _KNOWN.get(role, {}).get(folding.heading(heading))


def is_known(heading: str, roles: frozenset[str]) -> bool:
    """Return whether a heading names one of `roles`."""
    plain = folding.heading(heading)
    return any(plain in _KNOWN[role] for role in roles if role in _KNOWN)


def language_of(headings: list[str]) -> str:
    """Return the language that most of the headings are in, `en` where none stands out."""
    plain = {folding.heading(each) for each in headings}
    counts = {code: len(plain & set(words.split())) for code, words in _LANGUAGES.items()}
    best = max(counts, key=lambda code: counts[code])
    return best if counts[best] else "en"
