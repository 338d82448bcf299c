/** Parameter Store name of the public keys that verify the edge's assertions, a JSON Web Key Set (RFC 7517). */
export const edgeKeysParameter = (stage: string): string => `/spillway/${stage}/edge-assertion-jwks`

/** Holders of keys in Secrets Manager. Origins read those of purges and webhooks; none may read the edge's. */
export const keyHolders = ['edge', 'purge', 'webhook'] as const
export type KeyHolder = (typeof keyHolders)[number]

/** Secrets Manager name of a holder's keys, of which the Worker's secrets are copies that nobody can read. */
export const keysSecret = (stage: string, holder: KeyHolder): string => `spillway/${stage}/${holder}-keys`
