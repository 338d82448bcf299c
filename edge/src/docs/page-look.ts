/**
 * Changes of this page to the renderer's look, and to what a screen reader gets of it. Names of its classes are no
 * interface: `npm run test:docs` measures all of it again after an update.
 */

/** Colours of the renderer that are too pale to be read, darker or lighter: a contrast of 4.5 to 1 (WCAG 2.2, 1.4.3). */
export const readableColours = `
:root .light-mode {
  --scalar-color-3: #707070;
  --scalar-color-green: #00734a;
  --scalar-color-red: #c40016;
  --scalar-color-yellow: #7d5a00;
  --scalar-color-orange: #ad4200;
}
:root .dark-mode {
  --scalar-color-3: #9a9a9a;
  --scalar-color-red: #ff7a72;
}
`

/**
 * A parameter's description beside its name and type, values without a frame, more room for both, and less between
 * operations and refusals: the lists of a resource with many filters would be 3,000 px high (bar: 2,000). Elements inside
 * the request and response bodies keep the renderer's own layout.
 */
export const compactLayout = `
.section { padding-block: 24px !important; }
@media (min-width: 1200px) {
  .operation-layout { grid-template-columns: minmax(0, 3fr) minmax(0, 2fr) !important; }
}
.property.property--compact.property--depth-0 {
  display: flex !important;
  flex-flow: row wrap;
  align-items: baseline;
  column-gap: 12px;
  padding-block: 3px !important;
}
.property--compact.property--depth-0 > .property-heading { width: auto; }
.property--compact.property--depth-0 > .property-heading > .copy-link-trailing {
  position: absolute;
  inset-inline-end: 100%;
}
.property--compact.property--depth-0 > .property-description { margin: 0 !important; width: auto; }
.property--compact.property--depth-0 > .property-enum { flex-basis: 100%; margin-top: 0; border: 0; }
.property--compact.property--depth-0 > .property-enum > .property-enum-header { display: none; }
.property--compact.property--depth-0 > .property-enum > .property-enum-chip-list { border: 0; padding: 2px 0; }
.parameter-item-trigger { padding-block: 4px !important; }
`

/**
 * Names for elements of the renderer that a screen reader could not announce (WCAG 2.2, 4.1.2), as they appear: fields that
 * do not say whether their list is open, which it is not until somebody types, and the arrow beside the scopes.
 */
export const namedElements = `
let isDue = false
new MutationObserver(() => {
  if (isDue) return
  isDue = true
  requestAnimationFrame(() => {
    isDue = false
    for (const field of document.querySelectorAll('[role="combobox"]:not([aria-expanded])')) {
      field.setAttribute('aria-expanded', 'false')
    }
    for (const button of document.querySelectorAll('button[id^="headlessui-disclosure-button"]:not([aria-label])')) {
      if (button.textContent.trim() === '') button.setAttribute('aria-label', 'Scopes')
    }
  })
}).observe(document.body, { childList: true, subtree: true })
`
