import type { Client, SmithyResolvedConfiguration } from '@smithy/core/client'
import type { HttpHandlerOptions, MetadataBearer, Command as SdkCommand } from '@smithy/types'

/** One change, made by a program of the lockfile or by a call of a cloud. All print as something that can be pasted. */
export type Command = ProgramCommand | AwsCommand | CallCommand

export interface ProgramCommand {
  readonly kind: 'program'
  readonly argv: readonly [string, ...string[]]
  /** Folder below the checkout: wrangler and the CDK read the configuration of theirs. @default the checkout */
  readonly folder?: string
  /** Takes what the program printed, for later steps. */
  readonly keep?: (output: string) => void
}

export interface AwsCommand {
  readonly kind: 'aws'
  readonly service: string
  readonly operation: string
  readonly input: object
  /** Names of values that are never shown. */
  readonly hidden: readonly string[]
  /** Line that a person would type, where the general form does not do, for example for a file. */
  readonly typed?: string
  readonly send: () => Promise<void>
}

/** A call that is not AWS's. */
export interface CallCommand {
  readonly kind: 'cloudflare' | 'file'
  readonly operation: string
  /** Line that a person would type. */
  readonly typed: string
  readonly send: () => Promise<void>
}

type Resolved = SmithyResolvedConfiguration<HttpHandlerOptions>

/** A call of AWS. The types of the SDK check its parameters. */
export const call = <
  Inputs extends object,
  I extends Inputs,
  Outputs extends MetadataBearer,
  O extends Outputs,
>(
  client: Client<HttpHandlerOptions, Inputs, Outputs, Resolved & { readonly serviceId: string }>,
  command: SdkCommand<Inputs, I, Outputs, O, Resolved>,
  {
    keep,
    hidden = [],
    typed,
  }: {
    readonly keep?: (output: O) => void
    readonly hidden?: readonly string[]
    readonly typed?: string
  } = {},
): AwsCommand => ({
  kind: 'aws',
  service: client.config.serviceId,
  operation: command.constructor.name.replace(/Command$/, ''),
  input: command.input,
  hidden,
  ...(typed !== undefined && { typed }),
  send: async () => {
    const output = await client.send(command)
    keep?.(output)
  },
})

export const program = (
  argv: readonly [string, ...string[]],
  options: Omit<ProgramCommand, 'kind' | 'argv'> = {},
): ProgramCommand => ({ kind: 'program', argv, ...options })

/** wrangler of the lockfile, for the stage's Worker. */
export const wrangler = (
  words: readonly string[],
  stage: string,
  keep?: (output: string) => void,
): ProgramCommand =>
  program(['wrangler', ...words, '--env', stage], { folder: 'edge', ...(keep !== undefined && { keep }) })

/** The command as a line for a shell at the root of the checkout. */
export function shown(command: Command): string {
  if (command.kind !== 'program' && command.typed !== undefined) return command.typed
  if (command.kind === 'aws') {
    const input = JSON.stringify(command.input, (name, value) =>
      command.hidden.includes(name) ? '‹hidden›' : value,
    )
    return `aws ${cliService(command.service)} ${kebab(command.operation)} --cli-input-json ${quoted(input)}`
  }
  if (command.kind !== 'program') return command.typed
  const [name, ...words] = command.argv
  const tool = command.folder === undefined ? name : `npx -w ${command.folder} ${name}`
  return [tool, ...words.map(quoted)].join(' ')
}

/** Name of a service on the command line of AWS, from its id in the SDK. */
const cliService = (id: string): string => {
  const name = id.toLowerCase().replaceAll(' ', '')
  return name === 's3' ? 's3api' : name
}

/** `RestoreDBClusterToPointInTime` as the command line of AWS spells it. */
const kebab = (operation: string): string =>
  operation
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, '$1-$2')
    .toLowerCase()

const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
