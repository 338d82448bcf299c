import type { Stack } from '@spillway/infra/local/up'
import { operationsOf } from '../load/operations.ts'
import { checkLoad } from './bounds.ts'
import { learnDocuments } from './known-documents.ts'
import type { LoadArguments } from './load-arguments.ts'
import { mintTokens, startLocalStack } from './local-stack.ts'
import { type Plan, planOf } from './plan.ts'

export interface Prepared {
  readonly plan: Plan
  /** Stack that was started because no target was given. */
  readonly stack?: Stack
}

/**
 * Prepares the plan of a driver from its arguments: checks that the target may be loaded, starts a stack without one,
 * and reads the ids of documents.
 *
 * @throws Error if the target must not be loaded, or does not answer as the contract says
 */
export async function preparePlan(given: LoadArguments, closing: AsyncDisposableStack): Promise<Prepared> {
  const { application, resources, scenario, scale, seed } = given
  if (given.target !== undefined) checkLoad(scenario, given.target, given)
  else console.error('starting the stack')
  const stack =
    given.target === undefined ? closing.use(await startLocalStack(application, scenario)) : undefined
  // The cast is safe: without a target there is a stack.
  const target = given.target ?? (stack?.url as string)
  const tokens = stack === undefined ? given.tokens : await mintTokens(resources, stack, scenario)
  if (scenario.outage !== undefined && stack === undefined) {
    console.error('the outage of this scenario is yours to cause; what is offered is as if there were one')
  }
  console.error('asking which documents there are')
  const operations = operationsOf(resources, scenario)
  for (const kind of Object.keys(scenario.shares)) {
    if (operations.some((operation) => operation.kind === kind || operation.name === kind)) continue
    console.error(`left out: ${kind}, which no resource offers to everybody`)
  }
  const documents = await learnDocuments({
    target,
    operations: tokens.length > 0 ? operations : operations.filter(({ signedIn }) => !signedIn),
    count: scenario.documents,
    ...(tokens[0] !== undefined && { headers: { authorization: `Bearer ${tokens[0]}` } }),
  })
  const plan = planOf(resources, { scenario, scale, seed, target, tokens, documents })
  return { plan, ...(stack !== undefined && { stack }) }
}
