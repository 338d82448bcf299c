import { delimiter } from 'node:path'

/**
 * PATH of an interactive shell. Scripts of npm put `node_modules/.bin` first, where a peer's dependency has installed
 * another npm.
 */
export const readerPath = (): string =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !folder.endsWith('node_modules/.bin'))
    .join(delimiter)
