import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startCheckout } from '@spillway/infra/local/start-process'
import { root } from '@spillway/origin/dev/folders'
import { freePort } from '@spillway/origin/dev/ports'
import type { Browser } from 'playwright-core'
import { type Watched, watchPage } from '../browser/watched-page.ts'
import { startRealIssuer } from './real-issuer.ts'
import { type Operation, ReferencePage } from './reference-page.ts'

/**
 * `npm start` with the settings of a real issuer and no code: a reader signs in there by PKCE, and creates a document with
 * the token. The edge finds the issuer's keys by discovery.
 *
 * @param create an operation that anybody may ask for who has signed in; its document has the field `ownerId`
 */
export async function signInAtIssuer(browser: Browser, create: Operation, shot: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'spillway-issuer-'))
  const edgePort = await freePort()
  const url = `http://127.0.0.1:${edgePort}`
  await using issuer = await startRealIssuer(`${url}/docs`)
  const { child } = await startCheckout(root, folder, {
    edgePort,
    env: { TOKEN_ISSUERS: JSON.stringify([issuer.settings]) },
  })
  const page = await browser.newPage()
  try {
    const watched: Watched = { foreign: [], violations: [] }
    watchPage(page, [url, String(issuer.settings.issuer)], watched)
    const reference = new ReferencePage(page, url)
    await reference.open()
    assert.equal((await reference.send(create)).status, 401)
    await reference.authorizeAs('ann')
    await page.screenshot({ path: shot })
    const { status, body } = await reference.send(create)
    assert.deepEqual([status, body.ownerId], [201, 'ann'])
    assert.deepEqual(watched, { foreign: [], violations: [] })
  } catch (error) {
    // The cast is safe: what it calls throws errors.
    throw new Error(`${(error as Error).stack}\n${child.tail()}`, { cause: error })
  } finally {
    await page.close()
    await child.stop()
    await rm(folder, { recursive: true, force: true })
  }
}
