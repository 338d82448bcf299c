import type { NamedStage, StageConfig } from './config.ts'
import trustedKeys from './trusted-keys.json' with { type: 'json' }

/**
 * The stages. Sizes follow from the connection budget (`src/capacity.ts`), rates from decision 0004; `npm run
 * synth` prints each budget.
 */
const dev: StageConfig = {
  stage: 'dev',
  network: { cidr: '10.20.0.0/16', natGateways: 1 },
  database: {
    kind: 'documentdb',
    instanceClass: 't4g.medium',
    instances: 1,
    backupRetentionDays: 1,
    protected: false,
  },
  edgeUrl: 'https://api.dev.example.com',
  origin: {
    instanceType: 't4g.small',
    processesPerInstance: 2,
    poolSize: 8,
    drainTimeoutMs: 20_000,
    logLevel: 'debug',
  },
  releaseKeys: trustedKeys.dev,
  fleet: { min: 1, max: 2, warm: 0, requestsPerSecondPerProcess: 500 },
  connections: { deploymentsInFlight: 1, headroom: 20 },
  // The smallest type with enough memory for the package manager at first boot.
  tunnel: { tunnels: 1, connectors: { min: 1, max: 2 }, instanceType: 't4g.micro' },
  budgetDollars: 300,
  edgeBudgetDollars: 50,
}

const staging: StageConfig = {
  stage: 'staging',
  network: { cidr: '10.21.0.0/16', natGateways: 1 },
  database: {
    kind: 'documentdb',
    instanceClass: 'r6g.large',
    instances: 2,
    backupRetentionDays: 7,
    protected: false,
  },
  edgeUrl: 'https://api.staging.example.com',
  origin: {
    instanceType: 'c7g.large',
    processesPerInstance: 2,
    poolSize: 32,
    drainTimeoutMs: 20_000,
    logLevel: 'info',
  },
  releaseKeys: trustedKeys.staging,
  fleet: { min: 3, max: 6, warm: 1, requestsPerSecondPerProcess: 1_000 },
  connections: { deploymentsInFlight: 1, headroom: 100 },
  tunnel: { tunnels: 1, connectors: { min: 2, max: 4 }, instanceType: 't4g.small' },
  budgetDollars: 1_200,
  edgeBudgetDollars: 200,
}

const production: StageConfig = {
  stage: 'production',
  network: { cidr: '10.22.0.0/16', natGateways: 3 },
  database: {
    kind: 'documentdb',
    instanceClass: 'r6g.xlarge',
    instances: 3,
    backupRetentionDays: 14,
    protected: true,
    backupCopyRegion: 'us-west-2',
  },
  edgeUrl: 'https://api.example.com',
  origin: {
    instanceType: 'c7g.xlarge',
    processesPerInstance: 4,
    poolSize: 24,
    drainTimeoutMs: 20_000,
    logLevel: 'info',
  },
  releaseKeys: trustedKeys.production,
  fleet: { min: 3, max: 12, warm: 3, requestsPerSecondPerProcess: 1_000 },
  connections: { deploymentsInFlight: 1, headroom: 200 },
  tunnel: { tunnels: 2, connectors: { min: 3, max: 6 }, instanceType: 'c7g.medium' },
  budgetDollars: 4_000,
  edgeBudgetDollars: 4_000,
}

export const stages: Readonly<Record<NamedStage, StageConfig>> = { dev, staging, production }
