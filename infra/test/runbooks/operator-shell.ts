import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@spillway/origin/dev/ports'
import { inject } from 'vitest'
import { readerPath } from '../../local/reader-path.ts'
import { Shell } from '../../local/shell.ts'
import { region } from '../fake-aws/template.ts'
import type { RunbookBlock } from '../support/runbooks.ts'
import { operatorPrograms } from './operator-programs.ts'
import type { TlsMongod } from './tls-mongod.ts'
import type { World } from './world.ts'

/** Port of the database in the guides. */
const databasePort = '27018'

export interface OperatorShellOptions {
  readonly mongod: TlsMongod
  /** Password of the database's administrator. */
  readonly password: string
  /** Access key of the caller: that of an operator, or of an administrator. */
  readonly key: string
}

/** A shell into which somebody who operates the stage pastes the blocks of a guide. */
export class OperatorShell implements AsyncDisposable {
  readonly #shell: Shell
  readonly #folder: string
  /** Free port in the place of the database's. */
  readonly #port: string
  readonly #instance: string

  private constructor(shell: Shell, folder: string, port: string, instance: string) {
    this.#shell = shell
    this.#folder = folder
    this.#port = port
    this.#instance = instance
  }

  static async open(
    { aws, cloudflare }: World,
    { mongod, password, key }: OperatorShellOptions,
  ): Promise<OperatorShell> {
    const folder = await mkdtemp(join(tmpdir(), 'spillway-operator-'))
    const programs = operatorPrograms(folder, { awsUrl: aws.server.url, mongod, password })
    const shell = await Shell.open(inject('checkout'), {
      ...aws.server.environment,
      ...cloudflare.environment,
      AWS_ACCESS_KEY_ID: key,
      // Version 1 of the AWS command line, which is the one on PyPI, reads this name alone.
      AWS_DEFAULT_REGION: region,
      // There is no terminal in which to approve a change of permissions.
      CDK_REQUIRE_APPROVAL: 'never',
      // The templates are synthesized once for all tests.
      CDK_APP: inject('templates'),
      PATH: `${programs}:${readerPath()}`,
    })
    const [instance] = aws.autoscaling.group('spillway-origin-production').instances
    return new OperatorShell(shell, folder, String(await freePort()), String(instance?.InstanceId))
  }

  /** Pastes a block, with its blanks filled in. @returns what it printed */
  async paste({ language, text }: RunbookBlock): Promise<string> {
    const filled = text
      .replaceAll(databasePort, this.#port)
      .replace(/\bINSTANCE=$/m, `INSTANCE=${this.#instance}`)
      .replace(/\bRELEASE= .*$/m, 'RELEASE=0123456789ab')
      // The servers know one region.
      .replaceAll('us-west-2', region)
    if (language === 'sh') return await this.#shell.run(filled)
    if (language === 'text') return checkRule(filled)
    if (language !== 'js') throw new Error(`nothing runs a block of language '${language}'`)
    const file = join(this.#folder, 'block.js')
    writeFileSync(file, filled)
    return await this.#shell.run(`mongosh --block ${file}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#shell[Symbol.asyncDispose]()
    await rm(this.#folder, { recursive: true, force: true })
  }
}

/** Checks the form of a rule for Cloudflare's firewall, which only an account can run: it names hosts of its zone. */
function checkRule(rule: string): string {
  const [, hosts = '', zone = ''] =
    /^\(http\.host in \{(.+)\} and cf\.worker\.upstream_zone ne "([\w.]+)"\)\n$/.exec(rule) ?? []
  if (zone === '' || !hosts.split(' ').every((host) => host.endsWith(`.${zone}"`)))
    throw new Error(`not a rule that keeps others from the origins: ${rule}`)
  return rule
}
