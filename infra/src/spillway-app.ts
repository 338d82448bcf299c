import { type Slo, sloOf } from '@spillway/origin/contract'
import { App, type AppProps, Stack, Validations } from 'aws-cdk-lib'
import { AwsSolutionsChecks } from 'cdk-nag'
import { checkStage, type StageConfig } from './config.ts'
import type { Preview } from './preview.ts'
import { noPublicOrigin } from './rules/no-public-origin.ts'
import { DataStack } from './stack/data-stack.ts'
import { ExpiryStack } from './stack/expiry-stack.ts'
import { NetworkStack } from './stack/network-stack.ts'
import { OriginStack } from './stack/origin-stack.ts'
import { tagStage } from './tags.ts'

export interface SpillwayAppProps extends AppProps {
  /** Objectives of the application. @default those of one that states none */
  readonly slo?: Slo
}

/**
 * Stages × stacks, with all rules attached. Account and region come from the deployer's credentials, so that the same
 * templates synthesize everywhere.
 * @throws {Error} when the settings of a stage contradict each other
 */
export function spillwayApp(
  stages: readonly StageConfig[],
  { slo = sloOf(), ...props }: SpillwayAppProps = {},
): App {
  const mistakes = stages.flatMap(checkStage)
  if (mistakes.length > 0) throw new Error(mistakes.join('\n'))

  const app = new App({ analyticsReporting: false, treeMetadata: false, ...props })
  for (const config of stages) addStage(app, config, slo)
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
  return app
}

/** The stage of a branch, and the stack that ends it. @throws {Error} as {@link spillwayApp} */
export function previewApp({ config, expiresAt, branch }: Preview, props: SpillwayAppProps = {}): App {
  const app = spillwayApp([config], props)
  const stacks = app.node.children.filter((child) => child instanceof Stack)
  const expiry = new ExpiryStack(app, `spillway-${config.stage}-expiry`, {
    description: `Ends the preview of ${branch}`,
    stackNames: stacks.map(({ stackName }) => stackName).toReversed(),
    expiresAt,
  })
  tagStage(expiry, config.stage)
  return app
}

function addStage(app: App, config: StageConfig, slo: Slo): void {
  const name = (stack: string) => `spillway-${config.stage}-${stack}`
  const network = new NetworkStack(app, name('network'), { config })
  const data = new DataStack(app, name('data'), { config, network })
  const origin = new OriginStack(app, name('origin'), { config, network, data, slo })
  for (const stack of [network, data, origin]) {
    tagStage(stack, config.stage)
    stack.node.addValidation(noPublicOrigin(stack))
  }
}
