import { encodeHex } from '../encoding.ts'
import type { JsonValue } from '../jcs.ts'
import { readBits, TD_ATTRIBUTE } from './attributes.ts'
import type { TdBody } from './body.ts'
import type { TdxQuote } from './quote.ts'

/** What a run found beside the quote's own fields. */
export interface ConformanceFindings {
  readonly qvResult: string
  readonly tcbStatus: string
  readonly collateralExpired: boolean
  readonly fmspc: Uint8Array
}

/** The `outputs` of an accepted quote: every field of it in hex. */
export function conformanceOutputs(quote: TdxQuote, body: TdBody, findings: ConformanceFindings): JsonValue {
  const rtmrs = body.rtmrs.map(encodeHex)
  return {
    quote_version: quote.header.version,
    tee_type: 'TDX',
    qv_result: findings.qvResult,
    tcb_status: findings.tcbStatus,
    collateral_expired: findings.collateralExpired,
    fmspc_hex: encodeHex(findings.fmspc),
    measurement: {
      type: 'https://tinfoil.sh/predicate/tdx-guest/v2',
      registers: [encodeHex(body.mrTd), ...rtmrs]
    },
    header_fields: {
      attestation_key_type: quote.header.attestationKeyType,
      qe_vendor_id_hex: encodeHex(quote.header.qeVendorId),
      user_data_hex: encodeHex(quote.header.userData)
    },
    body_fields: { ...tdFields(body), rtmrs_hex: rtmrs, ...td15Fields(body) }
  }
}

function tdFields(body: TdBody) {
  return {
    tee_tcb_svn_hex: encodeHex(body.teeTcbSvn),
    mrseam_hex: encodeHex(body.mrSeam),
    mrsignerseam_hex: encodeHex(body.mrSignerSeam),
    seam_attributes_hex: encodeHex(body.seamAttributes),
    td_attributes_hex: encodeHex(body.tdAttributes),
    td_attributes_decoded: decodeAttributes(body.tdAttributes),
    xfam_hex: encodeHex(body.xfam),
    mrtd_hex: encodeHex(body.mrTd),
    mrconfigid_hex: encodeHex(body.mrConfigId),
    mrowner_hex: encodeHex(body.mrOwner),
    mrownerconfig_hex: encodeHex(body.mrOwnerConfig),
    report_data_hex: encodeHex(body.reportData)
  }
}

function td15Fields(body: TdBody) {
  if (body.kind === 'tdx10') return {}
  return { tee_tcb_svn_2_hex: encodeHex(body.teeTcbSvn2), mrservicetd_hex: encodeHex(body.mrServiceTd) }
}

function decodeAttributes(tdAttributes: Uint8Array) {
  const attributes = readBits(tdAttributes)
  const any = (mask: bigint) => (attributes & mask) !== 0n
  return {
    tud_debug: any(TD_ATTRIBUTE.debug),
    tud_reserved_nonzero: any(0xfen),
    sec_reserved_lower_nonzero: any(0x0fff_ff00n),
    sec_sept_ve_disable: any(TD_ATTRIBUTE.septVeDisable),
    sec_reserved_bit29: any(1n << 29n),
    sec_pks: any(TD_ATTRIBUTE.pks),
    sec_kl: any(TD_ATTRIBUTE.keyLocker),
    other_reserved_nonzero: any(0x7fff_ffff_0000_0000n),
    other_perfmon: any(TD_ATTRIBUTE.perfmon)
  }
}
