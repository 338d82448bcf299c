import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '..', '..', 'runbooks')

/** A block of shell commands of a runbook, as a person pastes it. */
export interface ShellBlock {
  readonly runbook: string
  readonly text: string
}

/** Every `sh` block of every runbook. A block inside a list is indented; the indentation is not part of it. */
export const shellBlocks: readonly ShellBlock[] = readdirSync(folder)
  .filter((name) => name.endsWith('.md'))
  .flatMap((runbook) =>
    [...readFileSync(join(folder, runbook), 'utf8').matchAll(/^( *)```sh\n([\s\S]*?)^ *```/gm)].map(
      ([, indent = '', text = '']) => ({
        runbook,
        text: text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
      }),
    ),
  )

/** Commands of all blocks that contain the words, continued lines joined. */
export const commandsWith = (
  words: string,
): readonly { readonly runbook: string; readonly command: string }[] =>
  shellBlocks.flatMap(({ runbook, text }) =>
    text
      .replaceAll(/\\\n\s*/g, '')
      .split('\n')
      .filter((command) => command.includes(words))
      .map((command) => ({ runbook, command })),
  )
