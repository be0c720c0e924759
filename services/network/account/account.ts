import { styleText } from 'node:util'
import type { AppraisalResult, DeviceClaims } from '../../../attestation/result.ts'
import type { NetworkEvent } from '../start.ts'
import type { MoneyEvent } from './money.ts'

type Kind = NetworkEvent['kind']
type EventOf<K extends Kind> = Extract<NetworkEvent, { kind: K }>
type Teller = { readonly [K in Kind]?: (event: EventOf<K>) => readonly string[] }

const STATUS_STYLE = { affirming: 'green', warning: 'yellow', contraindicated: 'red' } as const
const MARK = { affirming: '✓', warning: '!', contraindicated: '✗' } as const

/**
 * What happened, in words, as it happens. The answer itself is written between `answer-started` and `answer-finished` by
 * whoever asked.
 */
export function tell(event: NetworkEvent): readonly string[] {
  const teller = TELLERS[event.kind] as ((event: NetworkEvent) => readonly string[]) | undefined
  return teller?.(event) ?? []
}

const TELLERS: Teller = {
  'process-ready': ({ name, authority }) => [`  ${name.padEnd(12)}${dim(authority || 'dials out, listens nowhere')}`],
  'head-signed': ({ size, root }) => [
    `  ${'log'.padEnd(12)}${green('✓')} ${leaves(size)} under root ${short(root)}, signed`
  ],
  'head-anchored': ({ size, root, address }) => [
    '',
    heading('Log', 'what was attested stays on record: TON keeps the heads, and takes no fork'),
    `  ${green('✓')} ${leaves(size)} under root ${short(root)} on the local chain, contract ${short(address.slice(2))}`
  ],
  'hosts-found': ({ relay, model, hosts }) => [
    '',
    heading('Appraisal', 'by this client itself: it takes nobody’s word'),
    `  The relay ${dim(relay)} offers ${count(hosts.length, 'host')} for ${model}.`
  ],
  'host-appraised': (event) => hostLines(event),
  'host-logged': ({ host, leafIndex, treeSize, checkpointAt, notBefore, elapsedMs }) => [
    `  ${green('✓')} host ${short(host.hostId)} is leaf ${leafIndex} of a log of ${treeSize}, head of ${clock(new Date(checkpointAt * 1000))} ${dim(`checked in ${milliseconds(elapsedMs)}`)}`,
    notBefore === null
      ? dim('    no beacon: nothing but its keyset says how old the evidence is')
      : `    not older than masterchain block ${notBefore.seqno} of network ${notBefore.network}, ${clock(new Date(notBefore.genUtime * 1000))}`
  ],
  'host-not-logged': ({ host, code, reason }) => [`  ✗ host ${short(host.hostId)}: ${code}: ${reason}`],
  'log-forked': ({ origin, file }) => [`  ✗ the log ${origin} has signed two histories; both heads are kept: ${file}`],
  'host-unreadable': ({ host, code, reason }) => [`  ✗ host ${short(host.hostId)}: ${code}: ${reason}`],
  'session-opened': ({ sessionId, suite, legs, refusals, elapsedMs }) => [
    '',
    heading('Session', 'one secret with each of those guests, agreed through the relay'),
    `  ${short(sessionId)} in ${milliseconds(elapsedMs)}: ${suite}`,
    ...legs.map(({ host, tee }) => `  leg to guest ${short(host)} (${tee === 'virtual' ? virtual() : tee})`),
    ...refusals.map(({ host, code }) => `  no leg to ${short(host)}: ${code}`)
  ],
  'request-sealed': ({ bodyBytes, paddedBytes, sealedBytes, legs }) => [
    '',
    heading('Request', 'sealed once, its key wrapped once a leg'),
    `  ${bytes(bodyBytes)} of JSON, padded to ${bytes(paddedBytes)}, ${bytes(sealedBytes)} with ${count(legs, 'wrapped key')}`
  ],
  'request-accepted': ({ host, elapsedMs }) => [`  taken by guest ${short(host)} after ${milliseconds(elapsedMs)}`],
  'attempt-failed': ({ code, next }) => [`  ${code}: going on with ${next}`],
  'answer-started': ({ elapsedMs }) => [
    '',
    heading('Answer', `opened piece by piece as it comes, the first after ${milliseconds(elapsedMs)}`)
  ],
  'answer-finished': ({ contentBytes, sealedBytes, elapsedMs }) => [
    '',
    dim(`  ${bytes(contentBytes)} of content in ${bytes(sealedBytes)} sealed, ${milliseconds(elapsedMs)}`)
  ],
  'receipt-verified': ({ receiptId, tokens }) => [
    '',
    heading('Receipt', 'signed in the guest over what was asked and answered'),
    `  ${green('✓')} ${short(receiptId)}: signature, session and both hashes are right; ${tokens.prompt + tokens.cached} tokens in, ${tokens.completion + tokens.reasoning} out`
  ],
  'usage-verified': ({ finish, price }) => [`  ${green('✓')} usage statement: ${finish}, ${nanoton(price)}`],
  relayed: ({ sealedIn, sealedOut, model, durationMs }) => [
    '',
    heading('Relay', 'what it saw, and all that it can tell anybody'),
    `  model ${model}, ${bytes(sealedIn)} in, ${bytes(sealedOut)} out, ${milliseconds(durationMs)}`
  ],
  'voucher-refused': ({ host, reason }) => [`  ✗ no voucher for guest ${short(host)}: ${reason}`],
  'money-settled': (event) => moneyLines(event),
  'request-failed': ({ code, message }) => ['', `  ${styleText('red', '✗')} ${code}: ${message}`]
}

/** Who paid and who earned, each answer by its receipt; what a wallet earned is its receipts' sum, and earlier runs'. */
function moneyLines({ escrow, deposit, reserved, answers, payees, fee, feeShare }: MoneyEvent): readonly string[] {
  const row = (who: string, what: string, amount: bigint): string =>
    `  ${who.padEnd(22)}${what.padEnd(44)}${amount.toLocaleString('en').padStart(15)}`
  const paid = payees.reduce((sum, payee) => sum + payee.paid, 0n)
  return [
    '',
    heading('Money', 'nanoTON on the local chain: a deposit, two more prompts, a voucher an answer, claims'),
    row('you deposited', `in escrow ${short(escrow.slice(2))}`, deposit),
    row('', `reserved for each host's payee`, reserved),
    ...payees.flatMap(({ account, paid: earned, balance }) => {
      const own = answers.filter(({ payee }) => payee === account)
      const earlier = earned - own.reduce((sum, { price }) => sum + price, 0n)
      return [
        ...own.map(({ receiptId, host, tokens, price }) =>
          row(`receipt ${short(receiptId)}`, `guest ${short(host)}, ${tokens} tokens`, price)
        ),
        ...(earlier === 0n ? [] : [row('earlier runs', 'of the same host', earlier)]),
        row('✓ a host earned', `claimed to wallet ${short(account)}`, earned),
        row('', 'beside it there: gas money that claims left', balance - earned)
      ]
    }),
    row('the market earned', `${feeShare / 100} % on top, collected when worth the gas`, fee),
    row('you paid', 'in all, by vouchers that you signed', paid + fee)
  ]
}

function hostLines({ host, trusted, result, bundleBytes, collateralBytes, elapsedMs }: EventOf<'host-appraised'>) {
  const { platform, workload, findings, status, notAfter } = result
  const lines = [
    `  ${styleText(STATUS_STYLE[status], `${MARK[status]} ${status}`)}  host ${short(host.hostId)} in ${host.region || 'no region'}, ${teeName(result)}`
  ]
  const checked = `${bytes(bundleBytes)} of evidence and ${bytes(collateralBytes)} of collateral in ${milliseconds(elapsedMs)}`
  lines.push(dim(`    checked ${checked}`))
  if (platform !== null) {
    const advisories = platform.advisories.length === 0 ? 'no open advisories' : platform.advisories.join(', ')
    lines.push(`    quote version ${platform.quoteVersion}, TCB ${platform.tcbStatus}, ${advisories}`)
  }
  for (const device of result.devices) lines.push(deviceLine(device))
  if (workload !== null) lines.push(`    keys bound to the quote; measured to serve ${workload.model.id}`)
  for (const finding of findings)
    lines.push(`    ${finding.code}: ${finding.claim}: ${finding.actual}. ${finding.remedy}`)
  lines.push(trusted ? dim(`    good until ${clock(notAfter)}`) : '    gets no request from this client')
  return lines
}

/** One device: what it is, and what this client found of it. */
function deviceLine(device: DeviceClaims): string {
  const { chip, pdi, driverVersion, vbiosVersion, verification, revocation, measurements } = device
  const name = `${device.arch === 'LS10' ? 'NVSwitch' : 'GPU'} ${chip ?? 'unknown'} ${pdi ?? ''}`.trimEnd()
  if (verification === 'refused') return `    ${styleText('red', '✗')} ${name}: its report does not verify`
  const versions = [driverVersion === null ? '' : `driver ${driverVersion}`, `VBIOS ${vbiosVersion ?? 'unknown'}`]
  const found = [
    ...versions.filter((version) => version !== ''),
    measurements === null
      ? 'not measured'
      : `${measurements.compared - measurements.mismatches.length} of ${measurements.compared} measurements as published`,
    revocation === 'good' ? 'not revoked' : `revocation ${revocation ?? 'not asked'}`
  ]
  return `    ${name}: ${found.join(', ')}`
}

function teeName({ tee }: AppraisalResult): string {
  return tee === 'virtual' ? `${virtual()}: software made this evidence, no hardware protects it` : tee.toUpperCase()
}

function virtual(): string {
  return styleText(['yellow', 'bold'], 'VIRTUAL')
}

export function heading(name: string, about: string): string {
  return `${styleText('bold', name)}  ${dim(about)}`
}

export function dim(text: string): string {
  return styleText('dim', text)
}

function green(text: string): string {
  return styleText('green', text)
}

function short(hex: string): string {
  return hex.slice(0, 12)
}

function leaves(size: string): string {
  return size === '1' ? '1 leaf' : `${size} leaves`
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

function bytes(number: number): string {
  return `${number.toLocaleString('en')} bytes`
}

function milliseconds(duration: number): string {
  return duration < 10 ? `${duration.toFixed(1)} ms` : `${Math.round(duration)} ms`
}

function nanoton(price: bigint): string {
  return `${price.toLocaleString('en')} nanoTON`
}

function clock(time: Date): string {
  return time.toTimeString().slice(0, 8)
}
