/** Access to an account of Cloudflare by a token that only reads. */
export interface CloudflareAccess {
  readonly accountId: string
  readonly token: string
  /** @default that of Cloudflare */
  readonly baseUrl?: string | undefined
}

/** Time for each question, ms: a query over thirty days takes seconds. */
const askMs = 20_000

/**
 * Asks Cloudflare's API about the account.
 *
 * @param path below that of the account
 * @param alsoFine status beside 2xx that is an answer
 * @throws {Error} with path, status and what Cloudflare says; never with the token
 */
export async function askCloudflare(
  { accountId, token, baseUrl = 'https://api.cloudflare.com/client/v4' }: CloudflareAccess,
  path: string,
  init: RequestInit = {},
  alsoFine?: number,
): Promise<Response> {
  const answer = await fetch(`${baseUrl}/accounts/${accountId}/${path}`, {
    ...init,
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(askMs),
  }).catch((cause) => {
    throw new Error(`Cloudflare does not answer to ${path}`, { cause })
  })
  if (answer.ok || answer.status === alsoFine) return answer
  const says = (await answer.text()).slice(0, 300)
  throw new Error(`Cloudflare answered ${answer.status} to ${path}: ${says}`)
}

/** Asks Analytics Engine in its SQL; answers are rows of values by column, numbers of 64 bits as text. */
export type AskAnalytics = (sql: string) => Promise<readonly Readonly<Record<string, unknown>>[]>

/** Needs a token with the permission `Account Analytics: Read` (developers.cloudflare.com, Analytics Engine, SQL API). */
export const askAnalytics =
  (access: CloudflareAccess): AskAnalytics =>
  async (sql) => {
    const answer = await askCloudflare(access, 'analytics_engine/sql', { method: 'POST', body: sql })
    // The cast is safe: the member is checked.
    const { data } = (await answer.json()) as { data?: unknown }
    if (!Array.isArray(data)) throw new Error('Analytics Engine answered no rows')
    return data
  }
