import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ChildOptions } from './child.ts'
import { wranglerEnvironment } from './edge-bundle.ts'
import { localFolder, root } from './folders.ts'

export interface WranglerDevOptions {
  readonly port: number
  /** Variables and secrets, by the names of the contract's `edgeEnv`. */
  readonly variables: Readonly<Record<string, string>>
  readonly onLine: (line: string) => void
  /** Aborted when it is going to be stopped: what it says from then on is about that alone. */
  readonly signal: AbortSignal
}

/** The edge under `wrangler dev`, which reloads it when a source changes. */
export async function wranglerDev(options: WranglerDevOptions): Promise<ChildOptions> {
  const { port, variables, onLine, signal } = options
  // In a file for this user only: other users see the arguments of a process.
  const variablesFile = join(localFolder, 'edge.env')
  const lines = Object.entries(variables).map(([name, value]) => `${name}='${value}'\n`)
  await writeFile(variablesFile, lines.join(''), { mode: 0o600 })
  return {
    name: 'edge',
    command: join(root, 'node_modules/.bin/wrangler'),
    args: [
      ...['dev', '--local', '--ip', '127.0.0.1', '--port', String(port), '--inspector-port', '0'],
      ...['--env-file', variablesFile, '--show-interactive-dev-session=false'],
    ],
    cwd: join(root, 'edge'),
    env: { ...wranglerEnvironment(), NO_COLOR: '1' },
    onLine: (line) => {
      if (!signal.aborted && !isNoise(line)) onLine(line.replace(/^(\[wrangler:info\]|⎔) /, ''))
    },
  }
}

/** Banner, rulers, the list of bindings and what `npm start` says itself. */
function isNoise(line: string): boolean {
  const text = line.trim()
  if (text === '' || /^[─-]+$/.test(text) || text.startsWith('env.')) return true
  return noise.some((start) => text.startsWith(start))
}

const noise = [
  '⛅',
  '⎔ Starting local server',
  'Your Worker has access',
  'Binding ',
  'Using secrets defined in',
  'Using vars defined in',
  '[wrangler:info] Ready on',
]
