/**
 * Requests to this machine itself do not go through a proxy, whatever the environment says of one (HTTP_PROXY with
 * NODE_USE_ENV_PROXY=1): a proxy elsewhere has another loopback. To be imported before anything that sends requests;
 * child processes inherit it.
 */
const loopback = ['127.0.0.1', 'localhost', '::1', '[::1]']

/** The value of NO_PROXY with the loopback's names in it. */
export function withLoopback(noProxy: string | undefined): string {
  const names = (noProxy ?? '').split(/[\s,]+/).filter((name) => name !== '')
  return [...new Set([...names, ...loopback])].join(',')
}

for (const name of ['NO_PROXY', 'no_proxy']) process.env[name] = withLoopback(process.env[name])
