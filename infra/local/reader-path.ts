import { delimiter } from 'node:path'

/**
 * PATH of somebody who types: scripts of npm put `node_modules/.bin` first, in which a dependency of a peer has installed
 * an npm of its own.
 */
export const readerPath = (): string =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !folder.endsWith('node_modules/.bin'))
    .join(delimiter)
