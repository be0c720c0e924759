import { encodeHex } from '../../attestation/encoding.ts'
import type { AttestationLeaf } from '../../attestation/tlog/leaf.ts'
import { encodeVerifierKey } from '../../attestation/tlog/note-key.ts'
import { unixSeconds } from '../runtime/time.ts'
import { AUDIT_FINDINGS } from './findings.ts'
import { isoTime } from './heads.ts'
import type { SeenAttestation } from './leaf-audit.ts'
import { explainLog, type LogReport, levelOf } from './report.ts'

/** A host of the log and its newest attestation. */
export interface PageHost {
  readonly attestation: SeenAttestation
  /** Of all its attestations. */
  readonly count: number
  /** Path of its bundle; undefined where none could be made. */
  readonly file: string | undefined
}

export interface PageContent {
  readonly report: LogReport
  readonly hosts: readonly PageHost[]
  readonly exportedAt: Date
}

/** Bytes of markup: what is not this is a stranger's text, and is escaped. */
class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

type Piece = Html | string | number | bigint | readonly Piece[]

/** A template whose values are escaped unless they are markup. */
function html(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  return new Html(strings.map((string, at) => (at === 0 ? '' : render(pieces[at - 1] ?? '')) + string).join(''))
}

function render(piece: Piece): string {
  if (piece instanceof Html) return piece.text
  if (typeof piece === 'object') return piece.map(render).join('')
  return String(piece).replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

/**
 * The report as one page of HTML for people: no script, nothing from elsewhere. Everything in it that came from the log or the
 * chain is text.
 */
export function renderPage({ report, hosts, exportedAt }: PageContent): string {
  const { key, verdict } = report
  const [headline = '', ...sentences] = explainLog({ ...report, found: { kept: [], counts: report.found.counts } })
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Audit of ${key.name}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>Audit of the log <code>${key.name}</code></h1>
<p class="verdict ${verdict}">${headline}</p>
<p class="dim">Made ${isoTime(unixSeconds(exportedAt))} from ${report.from}. This page is somebody's word, like any page. The files beside it are what it rests on: check them yourself, as said at its end.</p>
</header>
<main>
<section><h2>What was checked</h2><ul>${sentences.map((sentence) => html`<li>${sentence}</li>`)}</ul></section>
${findings(report)}
${hostTable(hosts)}
${anchorTable(report)}
${levels(report)}
${howTo(report)}
</main>
</body>
</html>
`
  return page.text
}

function findings({ found }: LogReport): Piece {
  if (found.kept.length === 0) return ''
  const rows = found.kept.map(
    ({ code, leaf, message, files = [] }) =>
      html`<tr class="${AUDIT_FINDINGS[code]}"><td><code>${code}</code></td><td>${leaf ?? ''}</td><td>${message}${files.map((file) => html` <a href="${file}">${file}</a>`)}</td></tr>`
  )
  return html`<section><h2>What was found</h2><div class="wide"><table><thead><tr><th>code</th><th>leaf</th><th>what</th></tr></thead><tbody>${rows}</tbody></table></div></section>`
}

function hostTable(hosts: readonly PageHost[]): Piece {
  if (hosts.length === 0) return html`<section><h2>Hosts</h2><p>No attestation is in the log.</p></section>`
  const software = hosts.some(({ attestation }) => attestation.leaf.result.tee === 'virtual')
  return html`<section><h2>Hosts, by their newest attestation</h2>
${software ? html`<p class="warn"><strong>Software TEE:</strong> hosts marked <em>virtual</em> prove nothing of any hardware. They are for development.</p>` : ''}
<div class="wide"><table>
<thead><tr><th>host</th><th>log says</th><th>again here</th><th>made after</th><th>written before</th><th>holds until</th><th>files</th></tr></thead>
<tbody>${hosts.map(hostRow)}</tbody></table></div></section>`
}

function hostRow({ attestation, count, file }: PageHost): Html {
  const { index, leaf, bounds, findings: found, isBlock } = attestation
  const again =
    found.length === 0
      ? html`<span class="accepted">the same</span>`
      : html`<span class="refused">${found.map(({ code }) => code).join(', ')}</span>`
  const latest = bounds.anchored ?? bounds.notAfter
  const before =
    latest === undefined
      ? 'nothing that is known'
      : html`<time>${isoTime(latest.at)}</time><br><span class="dim">${latest.what}${latest.by === 'log' ? ', by its own clock' : ''}</span>`
  return html`<tr>
<td><code>${encodeHex(leaf.host)}</code><br><span class="dim">leaf ${index}, ${count} in all</span></td>
<td>${leaf.result.status}<br><span class="dim">${describeTee(leaf)}</span></td>
<td>${again}</td>
<td>${describeBeacon(leaf, isBlock)}</td>
<td>${before}</td>
<td><time>${isoTime(leaf.expiresAt.getTime() / 1000)}</time></td>
<td>${file === undefined ? 'none' : html`<a href="${file}">bundle</a>`}</td>
</tr>`
}

function describeTee({ result: { tee, tcbStatus, devices } }: AttestationLeaf): string {
  const named = devices.map(({ arch, verification }) => `${arch} ${verification}`)
  return [tee, tcbStatus === null ? 'no TCB status' : `TCB ${tcbStatus}`, ...named].join(', ')
}

function describeBeacon({ challenge }: AttestationLeaf, isBlock: boolean): Piece {
  if (challenge.network === 0) return 'no block was named'
  const { seqno, network, genUtime } = challenge
  return html`<time>${isoTime(genUtime)}</time><br><span class="dim">block ${seqno} of network ${network}${isBlock ? '' : ', not confirmed'}</span>`
}

function anchorTable({ anchors }: LogReport): Piece {
  if (anchors.length === 0) return ''
  const rows = anchors.map(
    ({ address, network, level, block, heads, newest }) => html`<tr>
<td><code>${address.toRawString()}</code><br><span class="dim">${network}</span></td>
<td>${heads}</td>
<td>${newest === undefined ? 'none' : html`${newest.size} leaves<br><time class="dim">${isoTime(newest.at)}</time>`}</td>
<td>${level}</td>
<td>${block.seqno}<br><code>${encodeHex(block.rootHash)}</code></td>
</tr>`
  )
  return html`<section><h2>Anchors on TON</h2><div class="wide"><table>
<thead><tr><th>contract</th><th>heads</th><th>newest</th><th>level</th><th>proven from block</th></tr></thead>
<tbody>${rows}</tbody></table></div></section>`
}

const LEVELS = [
  ['none', 'no chain was asked'],
  ['api', "one endpoint's word"],
  ['cross-checked', 'at least three endpoints agree on the block'],
  ['merkle', "the contract's state is proven from the block's hash"],
  ['validator signatures', "that the block is the network's own: not checked yet by any version"]
] as const

function levels({ anchors }: LogReport): Html {
  const reached = levelOf(anchors)
  const items = LEVELS.map(
    ([level, what]) =>
      html`<li>${level === reached ? html`<strong>${level}: ${what} (reached)</strong>` : html`${level}: ${what}`}</li>`
  )
  return html`<section><h2>How far trust in the chain reaches</h2><ol>${items}</ol></section>`
}

function howTo({ key, anchors }: LogReport): Html {
  const block = anchors[0]?.block
  return html`<section><h2>Check it yourself, without a network</h2>
<p>With Bombyx's source and this folder as <code>DIR</code>:</p>
<pre>npx bombyx audit log --log DIR --explain
npx bombyx audit bundle DIR --explain</pre>
<p>Both take the log's key and the block's hash from this folder unless you name them. Compare them with sources of your own:</p>
<pre>--log-key '${encodeVerifierKey(key)}'${
    block === undefined
      ? ''
      : html`
--block ${encodeHex(block.rootHash)}`
  }</pre>
</section>`
}

const STYLE = new Html(`
:root { color-scheme: light dark; --ink: #1a1d21; --paper: #fff; --dim: #5c6570; --line: #d8dde3; --good: #11693a; --bad: #b3261e; --warn: #8a5a00 }
@media (prefers-color-scheme: dark) { :root { --ink: #e7eaee; --paper: #14171a; --dim: #98a2ad; --line: #333a42; --good: #5fd08f; --bad: #ff8a80; --warn: #f2c063 } }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 72rem; color: var(--ink); background: var(--paper); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
h1 { font-size: 1.6rem; line-height: 1.25 } h2 { font-size: 1.15rem; margin-top: 2.2rem }
code, pre { font-family: ui-monospace, monospace; font-size: .86em; overflow-wrap: anywhere }
pre { padding: .8rem 1rem; border: 1px solid var(--line); border-radius: .4rem; white-space: pre-wrap }
.verdict { padding: .7rem 1rem; border-left: .35rem solid; font-weight: 600 }
.accepted { color: var(--good) } .refused { color: var(--bad) } .unsupported, .unchecked, .warn { color: var(--warn) }
.dim { color: var(--dim); font-size: .88em } .wide { overflow-x: auto }
table { border-collapse: collapse; width: 100%; min-width: 54rem; font-size: .92rem } time { white-space: nowrap } th, td { text-align: left; vertical-align: top; padding: .5rem .7rem .5rem 0; border-bottom: 1px solid var(--line) }
th { font-weight: 600; color: var(--dim) } a { color: inherit }
`)
