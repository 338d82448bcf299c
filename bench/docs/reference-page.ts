import { publicPaths } from '@spillway/origin/contract'
import type { Locator, Page } from 'playwright-core'

const timeoutMs = 60_000

/** An operation as the page names it: its section's id ends with `METHOD/path`. */
export interface Operation {
  readonly method: string
  readonly path: string
  /** Tag under which the page shows it. */
  readonly tag: string
}

export interface Answer {
  readonly status: number
  readonly etag: string | undefined
  /** The parsed body. */
  readonly body: Readonly<Record<string, unknown>>
}

/** The documentation page in a browser, by what a reader sees. */
export class ReferencePage {
  readonly #page: Page
  readonly #url: string

  constructor(page: Page, url: string) {
    this.#page = page
    this.#url = url
    page.setDefaultTimeout(timeoutMs)
  }

  async open(): Promise<void> {
    await this.#page.goto(`${this.#url}/docs`)
    await this.#page.getByRole('heading', { level: 1 }).first().waitFor()
  }

  /** Signs in, by one click. */
  async authorize(): Promise<void> {
    await this.#page.getByRole('button', { name: 'Authorize', exact: true }).first().click()
    await this.#signedIn()
  }

  /** The text of the introduction has the words, too, in lower case. */
  #signedIn(): Promise<void> {
    return this.#page
      .getByText(/^Access Token/)
      .first()
      .waitFor()
  }

  /** Signs in at an issuer that asks who it is, in a window of its own. */
  async authorizeAs(name: string): Promise<void> {
    const opened = this.#page.waitForEvent('popup')
    await this.#page.getByRole('button', { name: 'Authorize', exact: true }).first().click()
    const window = await opened
    await window.getByPlaceholder('Enter any login').fill(name)
    await window.getByPlaceholder('and password').fill('secret')
    await window.getByRole('button', { name: 'Sign-in' }).click()
    const closed = window.waitForEvent('close')
    await window.getByRole('button', { name: 'Continue' }).click()
    await closed
    await this.#signedIn()
  }

  /** Goes to an operation by its link. The page stays loaded, and with it the token. */
  async show({ method, path, tag }: Operation): Promise<Locator> {
    await this.#page.goto(`${this.#url}/docs#tag/${tag}/${method}${path}`)
    const section = this.#page.locator(`section[id$="/tag/${tag}/${method}${path}"]`)
    await section.getByRole('button', { name: 'Test Request' }).waitFor()
    return section
  }

  /** Every operation of the document. */
  async operations(): Promise<readonly Operation[]> {
    // The cast is safe: paths have this form (OpenAPI); parameters that a path's operations share have no tags.
    const { paths } = (await (await fetch(this.#url + publicPaths.openapi)).json()) as {
      readonly paths: Readonly<
        Record<string, Readonly<Record<string, { readonly tags?: readonly string[] }>>>
      >
    }
    return Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, { tags = [] }]) =>
        tags.map((tag) => ({ method: method.toUpperCase(), path, tag })),
      ),
    )
  }

  /** Height of an operation, px. */
  async height(operation: Operation): Promise<number> {
    return await (await this.show(operation)).evaluate((section) => section.getBoundingClientRect().height)
  }

  /**
   * Sends the request that the page proposes for an operation.
   *
   * @param values - path parameters and headers to fill in first, by name
   * @returns the answer, once the page shows its status
   */
  async send(operation: Operation, values: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const section = await this.show(operation)
    await section.getByRole('button', { name: 'Test Request' }).click()
    const dialog = this.#page.getByRole('dialog')
    for (const [name, value] of Object.entries(values)) {
      const row = dialog.getByRole('row').filter({ has: this.#page.getByLabel(`Include ${name} in request`) })
      await row.getByLabel('Value').fill(value)
    }
    const answered = this.#page.waitForResponse(
      (response) =>
        response.request().method() === operation.method && response.url().startsWith(`${this.#url}/v`),
    )
    await dialog
      .getByRole('button', { name: /^Send / })
      .first()
      .click()
    const response = await answered
    const status = response.status()
    await dialog
      .getByText(new RegExp(`^${status} `))
      .first()
      .waitFor()
    const answer = { status, etag: response.headers().etag, body: await response.json() }
    await this.#page.getByRole('button', { name: 'Close Client' }).first().click()
    await dialog.waitFor({ state: 'hidden' })
    return answer
  }
}
