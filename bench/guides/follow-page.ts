import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Shell } from '@spillway/infra/local/shell'
import { startCheckout } from '@spillway/infra/local/start-process'
import { root } from '@spillway/origin/dev/folders'
import { type Block, blocksOf } from './blocks.ts'
import type { Checkout } from './checkout.ts'
import { differenceOf } from './shown.ts'

/** Languages of blocks that show what the block before them, or hidden commands, print. */
const answers = ['json', 'http', 'text']
const written = ['ts', 'html', 'jsonc']
const serves = /--serve=127\.0\.0\.1:8000/

export interface FollowOptions {
  /** Whether its blocks with a file's name are files that the reader writes. */
  readonly writesFiles?: boolean
  /** Called before its shell ends. */
  readonly atEnd?: (shell: Shell) => Promise<void>
}

/**
 * Follows a page as a reader does: writes its files, pastes its commands, and compares what they print with what it shows.
 *
 * @throws Error that names the block
 */
export async function followPage(
  file: string,
  checkout: Checkout,
  options: FollowOptions = {},
): Promise<void> {
  await using shell = await Shell.open(checkout.folder, checkout.env)
  let printed = ''
  let files = new Map<string, string>()
  for (const block of blocksOf(await readFile(join(root, file), 'utf8'))) {
    try {
      if (written.includes(block.language)) {
        if (options.writesFiles !== true) continue
        if (block.file === undefined) throw new Error('its first line must name its file')
        files.set(block.file, checkout.adapted(block.text))
        continue
      }
      if (files.size > 0) await checkout.write(files)
      files = new Map()
      printed = await follow(block, printed, shell, checkout)
    } catch (error) {
      // The cast is safe: everything here throws errors.
      throw new Error(`${file}: ${(error as Error).message}\nin\n${block.text}`, { cause: error })
    }
  }
  await options.atEnd?.(shell)
}

async function follow(
  { language, text, hidden }: Block,
  before: string,
  shell: Shell,
  checkout: Checkout,
): Promise<string> {
  const prepared = hidden === undefined ? before : await shell.run(checkout.adapted(hidden))
  if (language === 'sh') return await paste(checkout.adapted(text), shell, checkout)
  if (!answers.includes(language)) throw new Error(`nothing runs a block of language '${language}'`)
  const difference = differenceOf(language, text, prepared)
  if (difference !== undefined) throw new Error(`${difference}\nprinted:\n${prepared.slice(0, 3_000)}`)
  return prepared
}

/** Pastes commands. The system that `npm start` is to start runs already, unless it has other settings. */
async function paste(block: string, shell: Shell, checkout: Checkout): Promise<string> {
  const starts = /^(?:TOKEN_ISSUERS='(.*)' )?npm start\b.*$/m.exec(block)
  if (starts?.[1] !== undefined) await startSecond(checkout, { TOKEN_ISSUERS: starts[1] })
  const rest = block.replaceAll(/^(?:TOKEN_ISSUERS='.*' )?npm (?:start|test)\b.*$/gm, '')
  // A server of the page stays until the shell ends.
  const lines = rest
    .split('\n')
    .map((line) =>
      serves.test(line) ? `${line.replace(':8000', ':0')} > served 2>&1 < <(sleep 600) &` : line,
    )
  return await shell.run(lines.join('\n'))
}

/** Starts the whole system a second time, with settings of its own, and ends it after its use. */
export async function startSecond(
  { folder }: Checkout,
  env: Readonly<Record<string, string>>,
  use?: (edgeUrl: string) => Promise<void>,
): Promise<void> {
  const { child, edgeUrl } = await startCheckout(folder, join(folder, '.spillway/second'), { env })
  try {
    await use?.(edgeUrl)
  } finally {
    await child.stop()
  }
}
