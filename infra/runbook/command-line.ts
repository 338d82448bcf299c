import { parseArgs } from 'node:util'
import { messageOf } from '@spillway/origin/dev/message-of'
import { type NamedStage, stageNames } from '../src/config.ts'
import type { Runbook } from './runbook.ts'
import type { Mode } from './runner.ts'

/** A mistake in how the program was called, in words. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export interface Asked {
  readonly runbook: Runbook
  readonly stage: NamedStage
  readonly mode: Mode
  /** Inputs that are given or have a default. Secrets are not among them. */
  readonly inputs: Readonly<Record<string, string>>
}

/**
 * Reads `NAME --stage STAGE [--plan | --yes] [--INPUT VALUE]`.
 * @throws {UsageError} naming every mistake
 */
export function readCommandLine(words: readonly string[], runbooks: readonly Runbook[]): Asked {
  const [name, ...rest] = words
  const runbook = runbooks.find((each) => each.name === name)
  if (runbook === undefined) throw new UsageError(`no runbook ${name}\n\n${listOf(runbooks)}`)
  const declared = Object.entries(runbook.inputs ?? {}).filter(([, { secretIn }]) => secretIn === undefined)
  const { values, mistakes } = parse(
    rest,
    declared.map(([input]) => input),
  )
  const stage = stageNames.find((each) => each === values.stage)
  if (stage === undefined) mistakes.push(`--stage must be one of ${stageNames.join(', ')}`)
  if (values.plan === true && values.yes === true)
    mistakes.push('--plan changes nothing, --yes does it: only one of them')
  const inputs: Record<string, string> = {}
  for (const [input, { says, pattern, default: otherwise }] of declared) {
    const given = values[input] ?? otherwise
    if (typeof given !== 'string') mistakes.push(`--${input} is missing: ${says}`)
    else if (!pattern.test(given)) mistakes.push(`--${input} ${given} is not: ${says}`)
    else inputs[input] = given
  }
  if (stage === undefined || mistakes.length > 0)
    throw new UsageError(`${mistakes.join('\n')}\n\n${help(runbook)}`)
  const mode = values.plan === true ? 'plan' : values.yes === true ? 'yes' : 'ask'
  return { runbook, stage, mode, inputs }
}

function parse(words: readonly string[], inputs: readonly string[]) {
  const options = Object.fromEntries([...inputs, 'stage'].map((name) => [name, { type: 'string' } as const]))
  const flags = { plan: { type: 'boolean' }, yes: { type: 'boolean' } } as const
  try {
    const { values } = parseArgs({ args: [...words], options: { ...options, ...flags } })
    // The casts name what is parsed: options of texts and flags, and no mistakes.
    return {
      values: values as Readonly<Record<string, string | boolean | undefined>>,
      mistakes: [] as string[],
    }
  } catch (error) {
    return { values: {}, mistakes: [messageOf(error)] }
  }
}

/** Every runbook with its occasion, below how to call one. */
export const listOf = (runbooks: readonly Runbook[]): string =>
  [
    'npm run runbook -- NAME --stage STAGE [--plan | --yes]',
    '--plan shows what it would do, --yes does it; without either it asks before each step.',
    ...runbooks.map(({ name, when }) => `\n  ${name}\n    ${when}`),
  ].join('\n')

export const help = ({ name, when, about, inputs = {} }: Runbook): string =>
  [
    `npm run runbook -- ${name} --stage STAGE [--plan | --yes]`,
    when,
    ...(about === undefined ? [] : [about]),
    ...Object.entries(inputs).map(([input, { says, default: otherwise, secretIn }]) =>
      secretIn === undefined
        ? `  --${input}: ${says}${otherwise === undefined ? '' : ` (${otherwise} if not given)`}`
        : `  ${secretIn} in the environment, or typed when asked: ${says}`,
    ),
  ].join('\n')
