"""Files as tools write them: columns, order and forms of the real exports, made-up content."""

# ruff: noqa: DTZ001, E501  # cells name no zone, and a line of a file is as long as it is

from __future__ import annotations

import json
from datetime import date, datetime

from tests.web.exchange.corpus.expected import File, Task
from tests.web.exchange.corpus.workbooks import workbook

_ASANA = """Task ID,Created At,Completed At,Last Modified,Name,Section/Column,Assignee,Assignee Email,Start Date,Due Date,Tags,Notes,Projects,Parent task,Blocked By (Dependencies),Blocking (Dependencies)
1204111111111111,2026-11-01,,2026-11-20,Write the brief,To do,Eva Lind,eva@example.org,,2026-12-04,,"Two pages, no more",Website,,,
1204111111111112,2026-11-01,2026-11-20,2026-11-20,Choose a host,Doing,Karl Noe,karl@example.org,,2026-11-19,,,Website,,,
1204111111111113,2026-11-02,,2026-11-20,Draw the front page,Doing,,,,,design,,Website,,,
"""
_TRELLO_CSV = """Card ID,Card Name,Card URL,Card Description,Labels,Members,Due Date,Attachment Count,Attachment Links,Checklist Item Total Count,Checklist Item Completed Count,Vote Count,Comment Count,Last Activity Date,List ID,List Name,Board ID,Board Name,Archived,Start Date,Due Complete
65a1,Paint the wall,https://trello.com/c/1,,,Eva Lind,2026-12-09T11:00:00.000Z,0,,0,0,0,0,2026-11-20T09:00:00.000Z,l1,Doing,b1,House,false,,false
65a2,Buy brushes,https://trello.com/c/2,,,"Eva Lind,Karl Noe",2026-11-12T11:00:00.000Z,0,,0,0,0,0,2026-11-20T09:00:00.000Z,l1,To Do,b1,House,false,,true
65a3,Empty the room,https://trello.com/c/3,,,,,0,,0,0,0,0,2026-11-20T09:00:00.000Z,l2,Done ✅,b1,House,false,,false
65a4,Ask the landlord,https://trello.com/c/4,,,,,0,,0,0,0,0,2026-11-20T09:00:00.000Z,l3,Ideas,b1,House,false,,false
"""
_TRELLO_JSON = {
    "id": "65b000000000000000000000",
    "name": "House",
    "lists": [
        {"id": "l1", "name": "To Do", "closed": False},
        {"id": "l2", "name": "In Arbeit", "closed": False},
        {"id": "l3", "name": "Fertig", "closed": False},
    ],
    "members": [
        {"id": "m1", "fullName": "Eva Lind", "username": "eva"},
        {"id": "m2", "fullName": "Karl Noe", "username": "karl"},
    ],
    "checklists": [
        {"idCard": "65f0000000000000000000a1", "checkItems": [{"name": "Primer", "state": "complete"}]}
    ],
    "cards": [
        {"id": "65f0000000000000000000a1", "name": "Paint the wall", "desc": "Twice", "idList": "l2",
         "idMembers": ["m1", "m2"], "due": "2026-12-09T01:00:00.000Z", "dueComplete": False, "closed": False},
        {"id": "65f0000000000000000000a2", "name": "Buy brushes", "desc": "", "idList": "l1",
         "idMembers": [], "due": None, "dueComplete": False, "closed": False},
        {"id": "65f0000000000000000000a3", "name": "Empty the room", "desc": "", "idList": "l3",
         "idMembers": ["m2"], "due": "2026-11-12T20:00:00.000Z", "dueComplete": True, "closed": False},
        {"id": "65f0000000000000000000a4", "name": "Old plan", "desc": "", "idList": "l1",
         "idMembers": [], "due": None, "dueComplete": False, "closed": True},
    ],
}  # fmt: skip
_MONDAY = workbook(
    (
        "relaunch",
        [
            ["Relaunch"],
            ["What has to be done before the shop opens"],
            [],
            ["This month"],
            [
                "Name",
                "Subitems",
                "Person",
                "Status",
                "Date",
                "Priority",
                "Item ID (auto generated)",
            ],
            ["Write the texts", "", "Eva Lind", "Working on it", date(2026, 12, 4), "High", "111"],
            ["Take photographs", "", "Eva Lind, Karl Noe", "Stuck", "", "", "112"],
            ["Choose colours", "", "", "Done", date(2026, 11, 20), "Critical ⚠️️", "113"],
            [],
            ["Next month"],
            [
                "Name",
                "Subitems",
                "Person",
                "Status",
                "Date",
                "Priority",
                "Item ID (auto generated)",
            ],
            ["Order paper", "", "", "Not Started", "", "Low", "114"],
            ["Print flyers", "", "Karl Noe", "", date(2027, 1, 15), "", "115"],
        ],
    )
)
_CLICKUP = """Task Type,Task ID,Task Custom ID,Task Name,Task Content,Status,Date Created,Date Created Text,Due Date,Due Date Text,Start Date,Start Date Text,Parent ID,Attachments,Assignees,Tags,Priority,List Name,Folder Name/Path,Space Name,Time Estimated,Time Estimated Text,Checklists,Comments,Assigned Comments,Time Spent,Time Spent Text
Task,86a1,,Plan the party,Invite all,to do,1763629200000,"11/20/2025, 9:00:00 AM GMT+0",1796342400000,"12/4/2026, 12:00:00 AM GMT+0",,,null,[],"[Eva Lind]",[],2,Office,Events,Acme,,,{},[],[],,
Task,86a2,,Book a room,,complete,1763629200000,"11/20/2025, 9:00:00 AM GMT+0",,,,,null,[],"[Karl Noe,Eva Lind]",[],null,Office,Events,Acme,,,{},[],[],,
Task,86a3,,Write invitations,,in progress,1763629200000,"11/20/2025, 9:00:00 AM GMT+0",1796774400000,"12/9/2026, 12:00:00 AM GMT+0",,,null,[],[],[],1,Office,Events,Acme,,,{},[],[],,
"""
_NOTION = """\ufeffName,Assign,Due,Project,Status,Tags
Write the handbook,Eva Lind,"December 4, 2026",Handbook (https://www.notion.so/Handbook-0a1b2c3d4e5f?pvs=21),In progress,docs
Collect examples,"Eva Lind, Karl Noe","November 20, 2026 → November 24, 2026",Handbook (https://www.notion.so/Handbook-0a1b2c3d4e5f?pvs=21),Done,
Print it,,"December 18, 2026 3:00 PM",,Not started,
"""
_JIRA = """Summary,Issue key,Issue id,Issue Type,Status,Project key,Project name,Project type,Project lead,Priority,Resolution,Assignee,Assignee Id,Reporter,Created,Updated,Last Viewed,Resolved,Due date,Labels,Labels,Description,Status Category
Users cannot log in,WEB-1,10001,Bug,Selected for Development,WEB,Website,software,Eva Lind,Highest,,Eva Lind,5f1,Karl Noe,20/Nov/26 9:00 AM,21/Nov/26 9:00 AM,,,04/Dec/26 12:00 AM,login,,"Steps:
1. open",In Progress
Old icon,WEB-2,10002,Task,Closed,WEB,Website,software,Eva Lind,Minor,Done,Karl Noe,5f2,Karl Noe,01/Nov/26 9:00 AM,21/Nov/26 9:00 AM,,19/Nov/26 4:30 PM,,,,,Done
Never mind,WEB-3,10003,Task,Rejected by Board,WEB,Website,software,Eva Lind,Medium,Won't Do,,,Karl Noe,01/Nov/26 9:00 AM,21/Nov/26 9:00 AM,,20/Nov/26 8:00 AM,,,,,Done
Faster search,WEB-4,10004,Story,In Review,WEB,Website,software,Eva Lind,Medium,,,,Karl Noe,01/Nov/26 9:00 AM,21/Nov/26 9:00 AM,,,,,,,In Progress
"""
_LINEAR = """"ID","Team","Title","Description","Status","Estimate","Priority","Project ID","Project","Creator","Assignee","Labels","Cycle Number","Cycle Name","Cycle Start","Cycle End","Created","Updated","Started","Triaged","Completed","Canceled","Archived","Due Date","Parent issue","Initiatives","Project Milestone ID","Project Milestone","SLA Status","Roadmaps"
"ENG-1","Engineering","Cache the list","","In Progress","2","High","p1","Speed","karl@example.org","eva@example.org","","","","","","2026-11-20T09:00:00.000Z","2026-11-20T09:00:00.000Z","2026-11-21T09:00:00.000Z","","","","","2026-12-04","","","","","",""
"ENG-2","Engineering","Measure first","","Done","1","No priority","p1","Speed","karl@example.org","karl@example.org","","","","","","2026-11-20T09:00:00.000Z","2026-11-20T09:00:00.000Z","","","2026-11-22T10:00:00.000Z","","","","","","","","",""
"ENG-3","Engineering","Rewrite it all","","Canceled","8","Urgent","p1","Speed","karl@example.org","","","","","","","2026-11-20T09:00:00.000Z","2026-11-20T09:00:00.000Z","","","","2026-11-23T10:00:00.000Z","","","","","","","",""
"ENG-4","Engineering","Write it down","","Triage","","Low","","","karl@example.org","","","","","","","2026-11-20T09:00:00.000Z","2026-11-20T09:00:00.000Z","","","","","","","","","","","",""
"""
_TODOIST = """TYPE,CONTENT,DESCRIPTION,PRIORITY,INDENT,AUTHOR,RESPONSIBLE,DATE,DATE_LANG,TIMEZONE,DURATION,DURATION_UNIT,DEADLINE,DEADLINE_LANG
task,Water the plants,,4,1,Eva (1),,every friday,en,Europe/Berlin,,None,,
note,Not the cactus,,,,Eva (1),,,,,,,,
task,Renew the passport,Bring a photograph,1,1,Eva (1),Eva (1),2026-12-04,en,Europe/Berlin,,None,,
,,,,,,,,,,,,,
section,Later,,,,,,,,,,,,
task,Read the book,,4,1,Eva (1),,Dec 18 2026,en,Europe/Berlin,,None,,
"""
_PLANNER = workbook(
    (
        "Tasks",
        [
            ["Plan name", "Autumn campaign"],
            ["Plan ID", "xqQg5FS2LkCp935s-FIFm2QAFkHM"],
            ["Date of export", "11/24/2026"],
            [],
            [
                "Task ID",
                "Task Name",
                "Bucket Name",
                "Progress",
                "Priority",
                "Assigned To",
                "Created By",
                "Created Date",
                "Start date",
                "Due date",
                "Is Recurring",
                "Late",
                "Completed Date",
                "Completed By",
                "Completed Checklist Items",
                "Checklist Items",
                "Labels",
                "Description",
            ],
            [
                "t1",
                "Book the hall",
                "Place",
                "In progress",
                "Important",
                "Eva Lind;Karl Noe",
                "Eva Lind",
                "11/02/2026",
                "",
                "12/04/2026",
                "false",
                "false",
                "",
                "",
                "",
                "",
                "",
                "The big one",
            ],
            [
                "t2",
                "Sign the contract",
                "Place",
                "Completed",
                "Urgent",
                "Karl Noe",
                "Eva Lind",
                "11/02/2026",
                "",
                "11/20/2026",
                "false",
                "false",
                "11/19/2026",
                "Karl Noe",
                "",
                "",
                "",
                "",
            ],
            [
                "t3",
                "Write to the press",
                "Words",
                "Not started",
                "Medium",
                "",
                "Eva Lind",
                "11/02/2026",
                "",
                "",
                "false",
                "false",
                "",
                "",
                "",
                "",
                "",
                "",
            ],
        ],
    )
)
_TO_DO = """"Subject","Start Date","Due Date","Reminder On/Off","Reminder Date","Reminder Time","Date Completed","% Complete","Total Work","Actual Work","Billing Information","Categories","Companies","Contacts","Mileage","Notes","Priority","Private","Role","Schedule+ Priority","Sensitivity","Status"
"Call the plumber","","12/18/2026","False","","","","0","0","0","","","","","","The tap drips","High","False","","","Normal","Not Started"
"Pay the rent","","11/30/2026","False","","","11/28/2026","1","0","0","","","","","","","Normal","False","","","Normal","Complete"
"Sort the papers","","","False","","","",".5","0","0","","","","","","","Low","False","","","Normal","In Progress"
"""
_BASECAMP = """Project,To-do List,To-do,Assigned to,Due on,Notes,Created on,Completed on
Website,Launch,Test the forms,Eva Lind,2026-12-04,,2026-11-01,
Website,Launch,Buy the domain,"Eva Lind, Karl Noe",,,2026-11-01,2026-11-20
Website,Later,Think about ads,,,,2026-11-01,
"""
_AIRTABLE = """Task,Notes,Assignee,Status,Due date,Project,Done
Cut the film,,Eva Lind,In progress,2026-12-04,Film,
Write the script,Second version,Karl Noe,Done,2026-11-20,Film,checked
Find music,,,Todo,,Film,
"""
_GITHUB_PROJECT = """Title\tURL\tAssignees\tStatus\tLinked pull requests\tReviewers\tRepository\tMilestone\tLabels
Crash at start\thttps://github.com/acme/app/issues/1\teva, karl\t🏗 In progress\t\t\tacme/app\tv2\tbug
Old button\thttps://github.com/acme/app/issues/2\tkarl\t✅ Done\t\t\tacme/app\t\t
New colours\thttps://github.com/acme/app/issues/3\t\t📋 Backlog\t\t\tacme/app\t\t
"""
_GITHUB_ISSUES = [
    {"title": "Crash at start", "state": "OPEN", "assignees": [{"login": "eva"}], "closedAt": None,
     "createdAt": "2026-11-20T09:00:00Z", "body": "It stops", "labels": [{"name": "bug"}]},
    {"title": "Old button", "state": "CLOSED", "assignees": [], "closedAt": "2026-11-22T10:00:00Z",
     "createdAt": "2026-11-20T09:00:00Z", "body": "", "labels": []},
]  # fmt: skip
_GITLAB = """Title,Description,Issue ID,URL,State,Author,Author Username,Assignee,Assignee Username,Confidential,Locked,Due Date,Created At (UTC),Updated At (UTC),Closed At (UTC),Milestone,Weight,Labels,Time Estimate,Time Spent,Epic ID,Epic Title
Slow query,It takes 4 s,1,https://gitlab.com/a/b/-/issues/1,Open,Eva Lind,eva,Karl Noe,karl,No,No,2026-12-04,2026-11-20 09:00:00,2026-11-21 09:00:00,,,,,0,0,,
Wrong colour,,2,https://gitlab.com/a/b/-/issues/2,Closed,Eva Lind,eva,Eva Lind,eva,No,No,,2026-11-20 09:00:00,2026-11-21 09:00:00,2026-11-22 23:30:00,,,,0,0,,
"""
_WRIKE = workbook(
    (
        "Tasks",
        [
            [
                "Key",
                "Folder",
                "Parent task",
                "Title",
                "Status",
                "Custom status",
                "Priority",
                "Assigned To",
                "Start Date",
                "Duration",
                "Duration (Hours)",
                "Effort",
                "Time spent",
                "End Date",
                "Depends On",
                "Start Date Constraint",
                "Description",
            ],
            [
                "1",
                "Fair",
                "",
                "Rent a stand",
                "Active",
                "In Progress",
                "High",
                "Eva Lind, Karl Noe",
                date(2026, 12, 1),
                "4d",
                32,
                0,
                0,
                date(2026, 12, 4),
                "",
                "",
                "At the entrance",
            ],
            [
                "2",
                "Fair",
                "",
                "Print badges",
                "Completed",
                "Completed",
                "Normal",
                "Karl Noe",
                "",
                "",
                "",
                "",
                "",
                date(2026, 11, 20),
                "",
                "",
                "",
            ],
            [
                "3",
                "Fair",
                "",
                "Invite the mayor",
                "Cancelled",
                "Cancelled",
                "Low",
                "",
                "",
                "",
                "",
                "",
                "",
                "",
                "",
                "",
                "",
            ],
            [
                "4",
                "Fair",
                "",
                "Check the list",
                "Active",
                "New",
                "Normal",
                "",
                "",
                "",
                "",
                "",
                "",
                "",
                "",
                "",
                "",
            ],
        ],
    )
)
_SMARTSHEET = workbook(
    (
        "Move",
        [
            [
                "Task Name",
                "Status",
                "% Complete",
                "Assigned To",
                "Start Date",
                "End Date",
                "Comments",
            ],
            [
                "Pack boxes",
                "In Progress",
                0.4,
                "eva@example.org",
                datetime(2026, 12, 1, 8),
                datetime(2026, 12, 4, 16, 59, 59),
                "",
            ],
            ["Rent a van", "Complete", 1, "karl@example.org", "", date(2026, 11, 20), "Cheap"],
            ["Hand over keys", "Not Started", 0, "", "", date(2026, 12, 18), ""],
        ],
    )
)
_EXCEL = workbook(
    (
        "Tasks",
        [
            ["Team tasks, autumn"],
            ["As of 24 November"],
            [],
            ["Task", "Owner", "Due", "Status", "Project"],
            ["Order chairs", "Eva Lind", date(2026, 12, 4), "Open", "Office"],
            ["Paint the door", "Karl Noe", date(2026, 11, 20), "✔ Done", "Office"],
            ["Clean the kitchen", "", "", "In progress", "Office"],
        ],
    ),
    ("Lists", [["Status"], ["Open"], ["Done"]]),
)
_EVA, _KARL = "Eva Lind", "Karl Noe"

TOOLS: tuple[File, ...] = (
    File("Asana", _ASANA.encode(), (
        Task("Write the brief", "todo", "2026-12-04", _EVA, "Website"),
        Task("Choose a host", "done", "2026-11-19", _KARL, "Website", "2026-11-20"),
        Task("Draw the front page", "in_progress", None, "", "Website"),
    )),
    File("Trello CSV", _TRELLO_CSV.encode(), (
        Task("Paint the wall", "in_progress", "2026-12-09", _EVA, "House"),
        Task("Buy brushes", "done", "2026-11-12", _EVA, "House"),
        Task("Empty the room", "done", None, "", "House"),
        Task("Ask the landlord", "todo", None, "", "House"),
    )),
    File("Trello JSON", json.dumps(_TRELLO_JSON).encode(), (
        Task("Paint the wall", "in_progress", "2026-12-08", _EVA, "House"),
        Task("Buy brushes", "todo", None, "", "House"),
        Task("Empty the room", "done", "2026-11-12", _KARL, "House"),
        Task("Old plan", "done", None, "", "House"),
    ), zone="America/Los_Angeles"),
    File("Monday", _MONDAY, (
        Task("Write the texts", "in_progress", "2026-12-04", _EVA, "Relaunch"),
        Task("Take photographs", "in_progress", None, _EVA, "Relaunch"),
        Task("Choose colours", "done", "2026-11-20", "", "Relaunch"),
        Task("Order paper", "todo", None, "", "Relaunch"),
        Task("Print flyers", "todo", "2027-01-15", _KARL, "Relaunch"),
    )),
    File("ClickUp", _CLICKUP.encode(), (
        Task("Plan the party", "todo", "2026-12-04", _EVA, "Office"),
        Task("Book a room", "done", None, _KARL, "Office"),
        Task("Write invitations", "in_progress", "2026-12-09", "", "Office"),
    )),
    File("Notion", _NOTION.encode(), (
        Task("Write the handbook", "in_progress", "2026-12-04", _EVA, "Handbook"),
        Task("Collect examples", "done", "2026-11-24", _EVA, "Handbook"),
        Task("Print it", "todo", "2026-12-18"),
    )),
    File("Jira", _JIRA.encode(), (
        Task("Users cannot log in", "in_progress", "2026-12-04", _EVA, "Website"),
        Task("Old icon", "done", None, _KARL, "Website", "2026-11-19"),
        Task("Never mind", "done", None, "", "Website", "2026-11-20"),
        Task("Faster search", "review", None, "", "Website"),
    ), asks=True),
    File("Linear", _LINEAR.encode(), (
        Task("Cache the list", "in_progress", "2026-12-04", _EVA, "Speed"),
        Task("Measure first", "done", None, _KARL, "Speed", "2026-11-22"),
        Task("Rewrite it all", "done", None, "", "Speed", "2026-11-23"),
        Task("Write it down", "todo"),
    )),
    File("Todoist", _TODOIST.encode(), (
        Task("Water the plants"),
        Task("Renew the passport", "todo", "2026-12-04", _EVA),
        Task("Read the book", "todo", "2026-12-18"),
    )),
    File("Microsoft Planner", _PLANNER, (
        Task("Book the hall", "in_progress", "2026-12-04", _EVA, "Autumn campaign"),
        Task("Sign the contract", "done", "2026-11-20", _KARL, "Autumn campaign", "2026-11-19"),
        Task("Write to the press", "todo", None, "", "Autumn campaign"),
    )),
    File("Microsoft To Do", _TO_DO.encode(), (
        Task("Call the plumber", "todo", "2026-12-18"),
        Task("Pay the rent", "done", "2026-11-30", done="2026-11-28"),
        Task("Sort the papers", "in_progress"),
    )),
    File("Basecamp", _BASECAMP.encode(), (
        Task("Test the forms", "todo", "2026-12-04", _EVA, "Website"),
        Task("Buy the domain", "done", None, _EVA, "Website", "2026-11-20"),
        Task("Think about ads", "todo", None, "", "Website"),
    )),
    File("Airtable", _AIRTABLE.encode(), (
        Task("Cut the film", "in_progress", "2026-12-04", _EVA, "Film"),
        Task("Write the script", "done", "2026-11-20", _KARL, "Film"),
        Task("Find music", "todo", None, "", "Film"),
    )),
    File("GitHub Projects", _GITHUB_PROJECT.encode(), (
        Task("Crash at start", "in_progress", None, _EVA, "acme/app"),
        Task("Old button", "done", None, _KARL, "acme/app"),
        Task("New colours", "todo", None, "", "acme/app"),
    )),
    File("GitHub issues", json.dumps(_GITHUB_ISSUES).encode(), (
        Task("Crash at start", "todo", None, _EVA),
        Task("Old button", "done", None, "", done="2026-11-22"),
    )),
    File("GitLab", _GITLAB.encode(), (
        Task("Slow query", "todo", "2026-12-04", _KARL),
        Task("Wrong colour", "done", None, _EVA, done="2026-11-23"),
    ), zone="Europe/Berlin"),
    File("Wrike", _WRIKE, (
        Task("Rent a stand", "in_progress", "2026-12-04", _EVA, "Fair"),
        Task("Print badges", "done", "2026-11-20", _KARL, "Fair"),
        Task("Invite the mayor", "done", None, "", "Fair"),
        Task("Check the list", "todo", None, "", "Fair"),
    )),
    File("Smartsheet", _SMARTSHEET, (
        Task("Pack boxes", "in_progress", "2026-12-04", _EVA),
        Task("Rent a van", "done", "2026-11-20", _KARL),
        Task("Hand over keys", "todo", "2026-12-18"),
    )),
    File("Excel", _EXCEL, (
        Task("Order chairs", "todo", "2026-12-04", _EVA, "Office"),
        Task("Paint the door", "done", "2026-11-20", _KARL, "Office"),
        Task("Clean the kitchen", "in_progress", None, "", "Office"),
    )),
)  # fmt: skip
