// Original file: bombyx/v1/market.proto

import type { Organisation as _bombyx_v1_Organisation, Organisation__Output as _bombyx_v1_Organisation__Output } from '../../bombyx/v1/Organisation.ts';

export interface ListOrganisationsResponse {
  'organisations'?: (_bombyx_v1_Organisation)[];
}

export interface ListOrganisationsResponse__Output {
  'organisations': (_bombyx_v1_Organisation__Output)[];
}
