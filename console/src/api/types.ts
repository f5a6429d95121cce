// Short names for what the API sends. All of them are derived from the generated schema.d.ts.
import type { paths } from "./schema";

type Json<Answer> = Answer extends { content: { "application/json": infer Body } } ? Body : never;
type Body<Operation> = Operation extends { requestBody: { content: { "application/json": infer Sent } } }
  ? Sent
  : never;

export type Session = Json<paths["/api/session"]["get"]["responses"][200]>;
export type Permissions = Session["permissions"];
export type Subscription = Session["subscriptions"][number];
export type Sessions = Json<paths["/api/sessions"]["get"]["responses"][200]>["sessions"];
export type CloudAccount = Json<
  paths["/api/cloud-accounts"]["get"]["responses"][200]
>["cloudAccounts"][number];
export type VerifyRequest = Body<paths["/api/cloud-accounts/verify"]["post"]>;
export type Task = Json<paths["/v1/tasks/{id}"]["get"]["responses"][200]>;
export type Finding = Json<paths["/api/tasks/{id}/findings"]["get"]["responses"][200]>["findings"][number];
export type Statement = NonNullable<Finding["statement"]>;
export type User = Json<paths["/api/users"]["get"]["responses"][200]>["users"][number];
export type UserCreate = Body<paths["/api/users"]["post"]>;
export type ApiKey = Json<paths["/api/api-keys"]["get"]["responses"][200]>["apiKeys"][number];
export type LogEntry = Json<paths["/v1/logs"]["get"]["responses"][200]>["entries"][number];
export type IamKit = Json<paths["/api/iam-kit"]["get"]["responses"][200]>;
export type ErrorBody = Json<paths["/v1/tasks/{id}"]["get"]["responses"][404]>;
