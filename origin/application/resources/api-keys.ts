import { apiKeys, role, signedIn } from '@spillway/origin/contract'

/** Keys for machines, which administrators issue, and `npm run apikeys`; and those that people issue for themselves. */
export const keys = apiKeys({ access: role('admin'), own: { access: signedIn }, versions: ['v2'] })
