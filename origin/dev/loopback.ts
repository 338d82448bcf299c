/**
 * Keeps requests to loopback addresses away from proxies, even if the environment configures one (HTTP_PROXY with
 * NODE_USE_ENV_PROXY=1), because a proxy's loopback is another machine. Import it before anything that sends requests;
 * child processes inherit the setting.
 */
const loopback = ['127.0.0.1', 'localhost', '::1', '[::1]']

/** Adds the loopback names to a value of NO_PROXY. */
export function withLoopback(noProxy: string | undefined): string {
  const names = (noProxy ?? '').split(/[\s,]+/).filter((name) => name !== '')
  return [...new Set([...names, ...loopback])].join(',')
}

for (const name of ['NO_PROXY', 'no_proxy']) process.env[name] = withLoopback(process.env[name])
