// Made by limits.js from openapi.json; do not edit.

export const AllowListUpdate = { cidrIps: { maxItems: 50 }, securityGroupIds: { maxItems: 50 } } as const;

export const ApiKeyCreate = { name: { maxLength: 50, minLength: 10, pattern: "^[A-Za-z0-9_-]+$" } } as const;

export const CloudAccountFields = {
  accessKeyId: { maxLength: 128, minLength: 16, pattern: "^[A-Z0-9]+$" },
  accessMode: { pattern: "^(keys|role)$" },
  accessSecretKey: { maxLength: 40, minLength: 40, pattern: "^[A-Za-z0-9/+=]+$" },
  consolePassword: { maxLength: 128, minLength: 1, pattern: "^[^\\x00-\\x1f\\x7f-\\x9f]+$" },
  consoleRoleName: { maxLength: 64, minLength: 1, pattern: "^[A-Za-z0-9+=,.@_-]+$" },
  consoleUsername: { maxLength: 64, minLength: 1, pattern: "^[A-Za-z0-9+=,.@_-]+$" },
  externalId: { maxLength: 1224, minLength: 2, pattern: "^[A-Za-z0-9_+=,.@:/-]+$" },
  name: {
    maxLength: 100,
    minLength: 1,
    pattern: "^[^\\s\\x00-\\x1f\\x7f-\\x9f]([^\\x00-\\x1f\\x7f-\\x9f]*[^\\s\\x00-\\x1f\\x7f-\\x9f])?$",
  },
  provider: { pattern: "^AWS$" },
  roleArn: {
    maxLength: 2048,
    pattern: "^arn:aws[a-z-]*:iam::[0-9]{12}:role/([!-)+->@-~]+/)?[A-Za-z0-9+=,.@_-]{1,64}$",
  },
  signInLoginUrl: { pattern: "^https://[a-z0-9-]{3,63}\\.signin\\.aws\\.amazon\\.com(/console)?/?$" },
} as const;

export const CloudAccountUpdate = {
  accessKeyId: { maxLength: 128, minLength: 16, pattern: "^[A-Z0-9]+$" },
  accessMode: { pattern: "^(keys|role)$" },
  accessSecretKey: { maxLength: 40, minLength: 40, pattern: "^[A-Za-z0-9/+=]+$" },
  consolePassword: { maxLength: 128, minLength: 1, pattern: "^[^\\x00-\\x1f\\x7f-\\x9f]+$" },
  consoleRoleName: { maxLength: 64, minLength: 1, pattern: "^[A-Za-z0-9+=,.@_-]+$" },
  consoleUsername: { maxLength: 64, minLength: 1, pattern: "^[A-Za-z0-9+=,.@_-]+$" },
  externalId: { maxLength: 1224, minLength: 2, pattern: "^[A-Za-z0-9_+=,.@:/-]+$" },
  name: {
    maxLength: 100,
    minLength: 1,
    pattern: "^[^\\s\\x00-\\x1f\\x7f-\\x9f]([^\\x00-\\x1f\\x7f-\\x9f]*[^\\s\\x00-\\x1f\\x7f-\\x9f])?$",
  },
  provider: { pattern: "^AWS$" },
  roleArn: {
    maxLength: 2048,
    pattern: "^arn:aws[a-z-]*:iam::[0-9]{12}:role/([!-)+->@-~]+/)?[A-Za-z0-9+=,.@_-]{1,64}$",
  },
  signInLoginUrl: { pattern: "^https://[a-z0-9-]{3,63}\\.signin\\.aws\\.amazon\\.com(/console)?/?$" },
} as const;

export const ConsoleSessionCreate = {
  mfaCode: { pattern: "^[0-9]{6}$" },
  minutes: { maximum: 60, minimum: 15 },
  reason: { maxLength: 500, minLength: 1 },
} as const;

export const DatabasePlanRequest = {
  datasetSizeInGb: { maximum: 10000, minimum: 0.1 },
  memoryLimitInGb: { maximum: 10000, minimum: 0.1 },
  name: { maxLength: 40, pattern: "^[A-Za-z]([A-Za-z0-9-]*[A-Za-z0-9])?$" },
  port: { maximum: 19999, minimum: 10000 },
  protocol: { pattern: "^(redis|memcached)$" },
  quantity: { maximum: 100, minimum: 1 },
} as const;

export const FixedSubscriptionCreate = {
  name: { maxLength: 100, minLength: 1 },
  paymentMethod: { pattern: "^(credit-card|marketplace)$" },
} as const;

export const FixedSubscriptionUpdate = {
  name: { maxLength: 100, minLength: 1 },
  paymentMethod: { pattern: "^(credit-card|marketplace)$" },
} as const;

export const MaintenanceWindowUpdate = {
  days: { maxItems: 7, minItems: 1 },
  durationInHours: { maximum: 24, minimum: 4 },
  startHour: { maximum: 23, minimum: 0 },
} as const;

export const MaintenanceWindowsUpdate = {
  mode: { pattern: "^(manual|automatic)$" },
  windows: { maxItems: 7 },
} as const;

export const ResourceTagRequest = {
  key: { maxLength: 128, minLength: 1 },
  value: { maxLength: 256 },
} as const;

export const ResourceTagsUpdate = { resourceTags: { maxItems: 30 } } as const;

export const RestorePolicyUpdate = {
  lostNodes: { pattern: "^(report|restore)$" },
  mostPerHour: { maximum: 60, minimum: 1 },
  network: { pattern: "^(report|restore)$" },
  rules: { pattern: "^(report|restore)$" },
  securityGroups: { pattern: "^(report|restore)$" },
  stoppedNodes: { pattern: "^(report|restore)$" },
  when: { pattern: "^(maintenance-windows|any-time)$" },
} as const;

export const RotationSchedule = { everyDays: { maximum: 3650, minimum: 0 } } as const;

export const SubscriptionCreate = {
  cloudProviders: { maxItems: 1, minItems: 1 },
  databases: { maxItems: 100, minItems: 1 },
  deploymentType: { pattern: "^(single-region|active-active)$" },
  memoryStorage: { pattern: "^(ram|ram-and-flash)$" },
  name: { maxLength: 100, minLength: 1 },
  paymentMethod: { pattern: "^(credit-card|marketplace)$" },
  persistentStorageEncryptionType: { pattern: "^cloud-provider-managed-key$" },
} as const;

export const SubscriptionNetworkRequest = {
  securityGroupId: { pattern: "^sg-[0-9a-f]{8,18}$" },
  subnetIds: { maxItems: 3 },
  vpcId: { pattern: "^vpc-[0-9a-f]{8,18}$" },
} as const;

export const SubscriptionProvider = {
  cloudAccountId: { minimum: 2 },
  provider: { pattern: "^AWS$" },
  regions: { maxItems: 10, minItems: 1 },
  resourceTags: { maxItems: 30 },
} as const;

export const SubscriptionRegionRequest = { preferredAvailabilityZones: { maxItems: 3 } } as const;

export const SubscriptionUpdate = {
  name: { maxLength: 100, minLength: 1 },
  paymentMethod: { pattern: "^(credit-card|marketplace)$" },
} as const;

export const ThroughputRequest = {
  by: { pattern: "^(operations-per-second|number-of-shards)$" },
  value: { minimum: 1 },
} as const;

export const UserCreate = { email: { maxLength: 254 }, name: { maxLength: 100, minLength: 1 } } as const;

export const WebhookCreate = { url: { maxLength: 2048 } } as const;
