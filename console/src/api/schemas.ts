// Short names for what the API sends. All of them are derived from the generated schema.d.ts.
import type { paths } from "./schema";

type Json<Answer> = Answer extends { content: { "application/json": infer Body } } ? Body : never;
type Body<Operation> = Operation extends { requestBody: { content: { "application/json": infer Sent } } }
  ? Sent
  : never;

export type Session = Json<paths["/api/session"]["get"]["responses"][200]>;
export type Permissions = Session["permissions"];
export type Subscription = Session["subscriptions"][number];
export type ListedSubscription = Json<
  paths["/api/subscriptions"]["get"]["responses"][200]
>["subscriptions"][number];
export type SubscriptionOrder = Body<paths["/v1/subscriptions"]["post"]>;
export type FixedOrder = Body<paths["/v1/fixed/subscriptions"]["post"]>;
export type FixedPlan = Json<paths["/v1/fixed/plans"]["get"]["responses"][200]>["plans"][number];
export type Deployment = Json<
  paths["/api/subscriptions/{id}/deployments"]["get"]["responses"][200]
>["deployments"][number];
export type DeploymentResource = Deployment["resources"][number];
export type DriftReport = Json<
  paths["/api/subscriptions/{id}/drift"]["get"]["responses"][200]
>["deployments"][number];
export type DriftFinding = DriftReport["findings"][number];
export type RestorePolicy = Json<paths["/api/subscriptions/{id}/restore-policy"]["get"]["responses"][200]>;
export type RestoreReport = Json<
  paths["/api/subscriptions/{id}/restores"]["get"]["responses"][200]
>["deployments"][number];
export type Monitoring = Json<paths["/api/deployments/{id}/monitoring"]["get"]["responses"][200]>;
export type AllowList = Json<paths["/api/subscriptions/{id}/allow-list"]["get"]["responses"][200]>;
export type MaintenanceWindows = Json<
  paths["/v1/subscriptions/{id}/maintenance-windows"]["get"]["responses"][200]
>;
export type Sessions = Json<paths["/api/sessions"]["get"]["responses"][200]>["sessions"];
export type CloudAccount = Json<
  paths["/api/cloud-accounts"]["get"]["responses"][200]
>["cloudAccounts"][number];
export type Verification = Json<
  paths["/api/cloud-accounts/{id}/verifications"]["get"]["responses"][200]
>["verifications"][number];
export type Rotation = Json<
  paths["/api/cloud-accounts/{id}/rotations"]["get"]["responses"][200]
>["rotations"][number];
export type SupportMode = Json<
  paths["/api/cloud-accounts/{id}/support-access"]["get"]["responses"][200]
>["mode"];
export type ConsoleSession = Json<
  paths["/api/cloud-accounts/{id}/console-sessions"]["get"]["responses"][200]
>["consoleSessions"][number];
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
