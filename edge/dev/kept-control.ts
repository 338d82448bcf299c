import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ControlEntry, controlSnapshotKey, parseControl } from '@spillway/origin/contract'
import { localFolder } from '@spillway/origin/dev/folders'
import { LocalControl } from './local-control.ts'

const folder = join(localFolder, 'control')
const file = join(folder, controlSnapshotKey)

/** Folder of the switches that `npm start` obeys, which exists then. */
export async function controlFolder(): Promise<string> {
  await mkdir(folder, { recursive: true })
  return folder
}

export async function keptControlEntries(): Promise<readonly ControlEntry[]> {
  return parseControl(await readFile(file, 'utf8').catch(() => null))
}

/** Switches of `npm start`, which outlive it. */
export async function keptControl(): Promise<LocalControl> {
  await controlFolder()
  const write = async (snapshot: string) => {
    // The edge never reads half a file.
    await writeFile(`${file}.new`, snapshot)
    await rename(`${file}.new`, file)
  }
  return new LocalControl(write, await keptControlEntries())
}
