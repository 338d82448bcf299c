/** Parameter Store name of the public keys that verify the edge's assertions, a JSON Web Key Set (RFC 7517). */
export const edgeKeysParameter = (stage: string): string => `/spillway/${stage}/edge-assertion-jwks`

/** Secrets Manager name of all keys of the edge, of which the Worker's secrets are copies that nobody can read. */
export const edgeKeysSecret = (stage: string): string => `spillway/${stage}/edge-keys`
