import type { Stack } from '@spillway/infra/local/up'
import type { Catalogue } from '@spillway/origin/contract'
import { checkLoad } from './bounds.ts'
import { learnDocuments } from './known-documents.ts'
import type { LoadArguments } from './load-arguments.ts'
import { mintTokens, startLocalStack } from './local-stack.ts'
import { operationsOf } from './operations.ts'
import { type Plan, planOf } from './plan.ts'

export interface Prepared {
  readonly plan: Plan
  /** The stack that was started because no target was given. */
  readonly stack?: Stack
}

/**
 * Prepares the plan of a driver from its arguments: checks that the target may be loaded, starts one where none was
 * given, and reads its documents' ids.
 *
 * @throws Error where the target must not be loaded, or does not answer as the contract says
 */
export async function preparePlan(
  resources: Catalogue,
  given: LoadArguments,
  closing: AsyncDisposableStack,
): Promise<Prepared> {
  const { scenario } = given
  if (given.target !== undefined) checkLoad(scenario, given.target, given)
  else console.error('starting the stack')
  const stack = given.target === undefined ? closing.use(await startLocalStack(scenario)) : undefined
  const target = given.target ?? (stack?.url as string)
  const tokens = stack === undefined ? given.tokens : await mintTokens(resources, stack, scenario)
  if (scenario.outage !== undefined && stack === undefined) {
    console.error('the outage of this scenario is yours to cause; what is offered is as if there were one')
  }
  console.error('asking which documents there are')
  const operations = operationsOf(resources, scenario)
  const documents = await learnDocuments({
    target,
    operations: tokens.length > 0 ? operations : operations.filter(({ signedIn }) => !signedIn),
    count: scenario.documents,
    ...(tokens[0] !== undefined && { token: tokens[0] }),
  })
  const plan = planOf(resources, { ...given, target, tokens, documents })
  return { plan, ...(stack !== undefined && { stack }) }
}
