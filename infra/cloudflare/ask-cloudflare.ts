/** Access to Cloudflare's API by a token. */
export interface CloudflareAccess {
  readonly token: string
  /** @default that of Cloudflare */
  readonly baseUrl?: string | undefined
}

/** Access to one account. */
export interface CloudflareAccount extends CloudflareAccess {
  readonly accountId: string
}

/** Time for each request, ms: a query over thirty days takes seconds. */
const requestMs = 30_000

/**
 * Sends one request to Cloudflare's API.
 *
 * @param path below the API's base, with its slash
 * @returns the answer, of whatever status
 * @throws {Error} with the path alone when there is none
 */
export function sendToCloudflare(
  { token, baseUrl = 'https://api.cloudflare.com/client/v4' }: CloudflareAccess,
  path: string,
  { headers, ...init }: RequestInit = {},
): Promise<Response> {
  const all = new Headers(headers)
  all.set('authorization', `Bearer ${token}`)
  return fetch(`${baseUrl}${path}`, {
    ...init,
    headers: all,
    signal: AbortSignal.timeout(requestMs),
  }).catch((cause) => {
    throw new Error(`Cloudflare does not answer to ${path}`, { cause })
  })
}

/**
 * Asks Cloudflare's API about an account.
 *
 * @param path below that of the account
 * @param alsoFine status beside 2xx that is an answer
 * @throws {Error} with path, status and what Cloudflare says; never with the token
 */
export async function askCloudflare(
  account: CloudflareAccount,
  path: string,
  init: RequestInit = {},
  alsoFine?: number,
): Promise<Response> {
  const answer = await sendToCloudflare(account, `/accounts/${account.accountId}/${path}`, init)
  if (answer.ok || answer.status === alsoFine) return answer
  const says = (await answer.text()).slice(0, 300)
  throw new Error(`Cloudflare answered ${answer.status} to ${path}: ${says}`)
}

/** Asks Analytics Engine in its SQL; answers are rows of values by column, numbers of 64 bits as text. */
export type AskAnalytics = (sql: string) => Promise<readonly Readonly<Record<string, unknown>>[]>

/**
 * Needs a token with the permission `Account Analytics: Read` (developers.cloudflare.com, Analytics Engine, SQL API).
 */
export const askAnalytics =
  (account: CloudflareAccount): AskAnalytics =>
  async (sql) => {
    const answer = await askCloudflare(account, 'analytics_engine/sql', { method: 'POST', body: sql })
    // The cast is safe: the member is checked.
    const { data } = (await answer.json()) as { data?: unknown }
    if (!Array.isArray(data)) throw new Error('Analytics Engine answered no rows')
    return data
  }
