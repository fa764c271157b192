// A client typed by openapi-typescript and sent by openapi-fetch, against a live server.
// That this compiles under --strict is half of the test; that no check below fails, the rest.
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

declare const process: { env: Record<string, string | undefined>; exitCode?: number };

type Task = components["schemas"]["Task"];

const baseUrl = process.env["PROVISION_ADDRESS"] ?? "";
const authorization = `Bearer ${process.env["PROVISION_TOKEN"] ?? ""}`;
const api = createClient<paths>({ baseUrl, headers: { authorization } });
const stranger = createClient<paths>({ baseUrl });

function check(holds: boolean, words: string): asserts holds {
  if (!holds) throw new Error(words);
}

function same(before: object, after: object, ...moved: string[]): void {
  const old = new Map<string, unknown>(Object.entries(before));
  for (const [name, value] of Object.entries(after)) {
    const stays = JSON.stringify(old.get(name)) === JSON.stringify(value);
    check(stays !== moved.includes(name), `${name}: ${old.get(name)} became ${value}`);
  }
}

async function changesOneFieldOfEachRow(): Promise<void> {
  const made = await api.POST("/api/tasks", {
    body: { title: "Draw", status: "done", priority: "urgent", due_date: "2026-12-01" },
  });
  check(made.response.status === 201, "a task is created");
  check(made.data !== undefined, "it is answered");
  const { task } = made.data;
  const changed = await api.PATCH("/api/tasks/{id}", {
    params: { path: { id: task.id } },
    body: { title: "t2" },
  });
  check(changed.data !== undefined, "it is changed");
  same(task, changed.data.task, "title", "version", "updated_at");

  const project = await api.POST("/api/projects", {
    body: { name: "Wharf", budget: 900.5, spent: "120.25", status: "active" },
  });
  check(project.data !== undefined, "a project is created");
  const renamed = await api.PATCH("/api/projects/{id}", {
    params: { path: { id: project.data.project.id } },
    body: { name: "Quay" },
  });
  check(renamed.data !== undefined, "it is changed");
  same(project.data.project, renamed.data.project, "name", "version", "updated_at");

  const member = await api.POST("/api/team", { body: { name: "Ana", workload: 80, status: "busy" } });
  check(member.data !== undefined, "a team member is created");
  const moved = await api.PATCH("/api/team/{id}", {
    params: { path: { id: member.data.team_member.id } },
    body: { role: "Designer" },
  });
  check(moved.data !== undefined, "it is changed");
  same(member.data.team_member, moved.data.team_member, "role", "version");
}

async function readsAListPageByPage(): Promise<void> {
  for (const title of ["a", "b", "c"]) {
    const made = await api.POST("/api/tasks", { body: { title, status: "review" } });
    check(made.response.status === 201, "a task is created");
  }
  const titles: string[] = [];
  let cursor: string | null | undefined;
  do {
    const query = { limit: 2, sort: "title", status: "review", ...(cursor ? { cursor } : {}) } as const;
    const page = await api.GET("/api/tasks", { params: { query } });
    check(page.data !== undefined, "a page is answered");
    titles.push(...page.data.tasks.map((task: Task) => task.title));
    cursor = page.data.next_cursor;
  } while (cursor !== null);
  check(titles.join() === "a,b,c", `the titles are ${titles.join()}`);
}

async function meetsTypedProblems(): Promise<void> {
  const made = await api.POST("/api/tasks", { body: { title: "first" } });
  check(made.data !== undefined, "a task is created");
  const path = { id: made.data.task.id };
  const header = { "If-Match": made.response.headers.get("ETag") ?? "" };
  await api.PATCH("/api/tasks/{id}", { params: { path }, body: { title: "second" } });
  const stale = await api.PATCH("/api/tasks/{id}", {
    params: { path, header },
    body: { title: "third" },
  });
  check(stale.error !== undefined && stale.error.code === "stale_version", "412 is told");
  check("current" in stale.error, "the row as it is comes with it");
  check(stale.error.current.title === "second", "it is the row as it is");

  const wrong = await api.POST("/api/tasks", { body: { title: "x".repeat(201) } });
  check(wrong.error !== undefined && wrong.error.code === "validation_failed", "422 is told");
  check("errors" in wrong.error && "title" in (wrong.error.errors ?? {}), "by field");

  const gone = await api.DELETE("/api/tasks/{id}", { params: { path } });
  check(gone.response.status === 204, "it is deleted");
  const missing = await api.GET("/api/tasks/{id}", { params: { path } });
  check(missing.error !== undefined && missing.error.code === "not_found", "404 is told");

  const refused = await stranger.GET("/api/tasks");
  check(refused.error !== undefined && refused.error.code === "unauthorized", "401 is told");
}

await changesOneFieldOfEachRow();
await readsAListPageByPage();
await meetsTypedProblems();
console.log("every check holds");
