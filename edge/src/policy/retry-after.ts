/**
 * How long a refused caller is asked to wait, in whole seconds (RFC 9110 §10.2.3): each number from `baseSeconds` to twice
 * that is as likely as any other, so that those who were refused together do not come back together.
 *
 * @param random in [0, 1)
 */
export const retryAfterSeconds = (baseSeconds: number, random: number): number =>
  spread(Math.max(1, Math.ceil(baseSeconds)), random)

const spread = (least: number, random: number): number => least + Math.floor(random * (least + 1))
