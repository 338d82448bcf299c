import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '..', '..', 'runbooks')

/** A block of a guide among the runbooks, as a person pastes it. */
export interface RunbookBlock {
  readonly runbook: string
  readonly language: string
  readonly text: string
}

/** Every block of every guide. A block inside a list is indented; the indentation is not part of it. */
export const runbookBlocks: readonly RunbookBlock[] = readdirSync(folder)
  .filter((name) => name.endsWith('.md'))
  .flatMap((runbook) =>
    [...readFileSync(join(folder, runbook), 'utf8').matchAll(/^( *)```(\w*)\n([\s\S]*?)^ *```/gm)].map(
      ([, indent = '', language = '', text = '']) => ({
        ...{ runbook, language },
        text: text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
      }),
    ),
  )

/** Every block of shell commands. */
export const shellBlocks = runbookBlocks.filter(({ language }) => language === 'sh')

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
