import { apiKeys, role, signedIn } from '@spillway/origin/contract'

/** Keys of hosts' machines, such as a channel manager, which administrators issue. */
export const keys = apiKeys({ access: role('admin'), own: { access: signedIn }, versions: ['v1'] })
