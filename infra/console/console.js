/** Replaces the figures every two seconds; without scripts the page still shows them once. */
const everyMs = 2_000
const main = document.querySelector('main')
const notice = document.querySelector('#notice')

async function refresh() {
  try {
    const answer = await fetch('/figures')
    if (!answer.ok) throw new Error(String(answer.status))
    main.innerHTML = await answer.text()
    notice.textContent = ''
  } catch {
    notice.textContent =
      'The console does not answer, so these figures are old. Is npm run console still running?'
  }
  setTimeout(refresh, everyMs)
}

setTimeout(refresh, everyMs)
