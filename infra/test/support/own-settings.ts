import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TeamSettings } from '../../src/team.ts'

/** Settings of a team, in the place of the repository's examples. */
export const team: TeamSettings = {
  alertEmail: 'ops@acme.test',
  cloudflared: `2026.8.2-${'0'.repeat(64)}`,
  repository: 'acme/api',
  requestsPerAddress: 5_000,
}

/** Puts them into a checkout. */
export async function putOwnSettings(folder: string): Promise<void> {
  const change = async (path: readonly string[], to: (text: string) => string): Promise<void> => {
    const file = join(folder, ...path)
    await writeFile(file, to(await readFile(file, 'utf8')))
  }
  const host = (text: string) => text.replaceAll('example.com', 'acme.test')
  await change(['edge', 'wrangler.jsonc'], host)
  await change(['infra', 'src', 'stages.ts'], host)
  await change(['infra', 'src', 'team.ts'], (text) =>
    text
      .replace("'alerts@example.com'", `'${team.alertEmail}'`)
      .replace(
        "'2026.8.2-the digest of its package'",
        `'${team.cloudflared}', repository: '${team.repository}'`,
      ),
  )
}
