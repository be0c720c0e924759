import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { Accept as _bombyx_v1_Accept, Accept__Output as _bombyx_v1_Accept__Output } from './bombyx/v1/Accept.ts';
import type { ApiKey as _bombyx_v1_ApiKey, ApiKey__Output as _bombyx_v1_ApiKey__Output } from './bombyx/v1/ApiKey.ts';
import type { ApiKeysClient as _bombyx_v1_ApiKeysClient, ApiKeysDefinition as _bombyx_v1_ApiKeysDefinition } from './bombyx/v1/ApiKeys.ts';
import type { Attested as _bombyx_v1_Attested, Attested__Output as _bombyx_v1_Attested__Output } from './bombyx/v1/Attested.ts';
import type { Batch as _bombyx_v1_Batch, Batch__Output as _bombyx_v1_Batch__Output } from './bombyx/v1/Batch.ts';
import type { Bill as _bombyx_v1_Bill, Bill__Output as _bombyx_v1_Bill__Output } from './bombyx/v1/Bill.ts';
import type { BillLine as _bombyx_v1_BillLine, BillLine__Output as _bombyx_v1_BillLine__Output } from './bombyx/v1/BillLine.ts';
import type { BilledStatement as _bombyx_v1_BilledStatement, BilledStatement__Output as _bombyx_v1_BilledStatement__Output } from './bombyx/v1/BilledStatement.ts';
import type { CoveringVoucher as _bombyx_v1_CoveringVoucher, CoveringVoucher__Output as _bombyx_v1_CoveringVoucher__Output } from './bombyx/v1/CoveringVoucher.ts';
import type { CreateKeyRequest as _bombyx_v1_CreateKeyRequest, CreateKeyRequest__Output as _bombyx_v1_CreateKeyRequest__Output } from './bombyx/v1/CreateKeyRequest.ts';
import type { CreateKeyResponse as _bombyx_v1_CreateKeyResponse, CreateKeyResponse__Output as _bombyx_v1_CreateKeyResponse__Output } from './bombyx/v1/CreateKeyResponse.ts';
import type { CreateLoginRequest as _bombyx_v1_CreateLoginRequest, CreateLoginRequest__Output as _bombyx_v1_CreateLoginRequest__Output } from './bombyx/v1/CreateLoginRequest.ts';
import type { CreateLoginResponse as _bombyx_v1_CreateLoginResponse, CreateLoginResponse__Output as _bombyx_v1_CreateLoginResponse__Output } from './bombyx/v1/CreateLoginResponse.ts';
import type { Declaration as _bombyx_v1_Declaration, Declaration__Output as _bombyx_v1_Declaration__Output } from './bombyx/v1/Declaration.ts';
import type { Declared as _bombyx_v1_Declared, Declared__Output as _bombyx_v1_Declared__Output } from './bombyx/v1/Declared.ts';
import type { Delivered as _bombyx_v1_Delivered, Delivered__Output as _bombyx_v1_Delivered__Output } from './bombyx/v1/Delivered.ts';
import type { DeliveredLine as _bombyx_v1_DeliveredLine, DeliveredLine__Output as _bombyx_v1_DeliveredLine__Output } from './bombyx/v1/DeliveredLine.ts';
import type { Demand as _bombyx_v1_Demand, Demand__Output as _bombyx_v1_Demand__Output } from './bombyx/v1/Demand.ts';
import type { EscrowFee as _bombyx_v1_EscrowFee, EscrowFee__Output as _bombyx_v1_EscrowFee__Output } from './bombyx/v1/EscrowFee.ts';
import type { GetBillRequest as _bombyx_v1_GetBillRequest, GetBillRequest__Output as _bombyx_v1_GetBillRequest__Output } from './bombyx/v1/GetBillRequest.ts';
import type { GetDeliveredRequest as _bombyx_v1_GetDeliveredRequest, GetDeliveredRequest__Output as _bombyx_v1_GetDeliveredRequest__Output } from './bombyx/v1/GetDeliveredRequest.ts';
import type { GetPlanRequest as _bombyx_v1_GetPlanRequest, GetPlanRequest__Output as _bombyx_v1_GetPlanRequest__Output } from './bombyx/v1/GetPlanRequest.ts';
import type { GetUsageProofRequest as _bombyx_v1_GetUsageProofRequest, GetUsageProofRequest__Output as _bombyx_v1_GetUsageProofRequest__Output } from './bombyx/v1/GetUsageProofRequest.ts';
import type { GrantedKey as _bombyx_v1_GrantedKey, GrantedKey__Output as _bombyx_v1_GrantedKey__Output } from './bombyx/v1/GrantedKey.ts';
import type { Hello as _bombyx_v1_Hello, Hello__Output as _bombyx_v1_Hello__Output } from './bombyx/v1/Hello.ts';
import type { Host as _bombyx_v1_Host, Host__Output as _bombyx_v1_Host__Output } from './bombyx/v1/Host.ts';
import type { KeyEvent as _bombyx_v1_KeyEvent, KeyEvent__Output as _bombyx_v1_KeyEvent__Output } from './bombyx/v1/KeyEvent.ts';
import type { KeyScope as _bombyx_v1_KeyScope, KeyScope__Output as _bombyx_v1_KeyScope__Output } from './bombyx/v1/KeyScope.ts';
import type { KeySnapshotEnd as _bombyx_v1_KeySnapshotEnd, KeySnapshotEnd__Output as _bombyx_v1_KeySnapshotEnd__Output } from './bombyx/v1/KeySnapshotEnd.ts';
import type { Limits as _bombyx_v1_Limits, Limits__Output as _bombyx_v1_Limits__Output } from './bombyx/v1/Limits.ts';
import type { ListDemandsRequest as _bombyx_v1_ListDemandsRequest, ListDemandsRequest__Output as _bombyx_v1_ListDemandsRequest__Output } from './bombyx/v1/ListDemandsRequest.ts';
import type { ListDemandsResponse as _bombyx_v1_ListDemandsResponse, ListDemandsResponse__Output as _bombyx_v1_ListDemandsResponse__Output } from './bombyx/v1/ListDemandsResponse.ts';
import type { ListFeesRequest as _bombyx_v1_ListFeesRequest, ListFeesRequest__Output as _bombyx_v1_ListFeesRequest__Output } from './bombyx/v1/ListFeesRequest.ts';
import type { ListFeesResponse as _bombyx_v1_ListFeesResponse, ListFeesResponse__Output as _bombyx_v1_ListFeesResponse__Output } from './bombyx/v1/ListFeesResponse.ts';
import type { ListKeysRequest as _bombyx_v1_ListKeysRequest, ListKeysRequest__Output as _bombyx_v1_ListKeysRequest__Output } from './bombyx/v1/ListKeysRequest.ts';
import type { ListKeysResponse as _bombyx_v1_ListKeysResponse, ListKeysResponse__Output as _bombyx_v1_ListKeysResponse__Output } from './bombyx/v1/ListKeysResponse.ts';
import type { ListOrganisationsRequest as _bombyx_v1_ListOrganisationsRequest, ListOrganisationsRequest__Output as _bombyx_v1_ListOrganisationsRequest__Output } from './bombyx/v1/ListOrganisationsRequest.ts';
import type { ListOrganisationsResponse as _bombyx_v1_ListOrganisationsResponse, ListOrganisationsResponse__Output as _bombyx_v1_ListOrganisationsResponse__Output } from './bombyx/v1/ListOrganisationsResponse.ts';
import type { ListReferenceValuesRequest as _bombyx_v1_ListReferenceValuesRequest, ListReferenceValuesRequest__Output as _bombyx_v1_ListReferenceValuesRequest__Output } from './bombyx/v1/ListReferenceValuesRequest.ts';
import type { ListReferenceValuesResponse as _bombyx_v1_ListReferenceValuesResponse, ListReferenceValuesResponse__Output as _bombyx_v1_ListReferenceValuesResponse__Output } from './bombyx/v1/ListReferenceValuesResponse.ts';
import type { ListServedStatementsRequest as _bombyx_v1_ListServedStatementsRequest, ListServedStatementsRequest__Output as _bombyx_v1_ListServedStatementsRequest__Output } from './bombyx/v1/ListServedStatementsRequest.ts';
import type { ListSuppliesRequest as _bombyx_v1_ListSuppliesRequest, ListSuppliesRequest__Output as _bombyx_v1_ListSuppliesRequest__Output } from './bombyx/v1/ListSuppliesRequest.ts';
import type { ListSuppliesResponse as _bombyx_v1_ListSuppliesResponse, ListSuppliesResponse__Output as _bombyx_v1_ListSuppliesResponse__Output } from './bombyx/v1/ListSuppliesResponse.ts';
import type { LoginRequest as _bombyx_v1_LoginRequest, LoginRequest__Output as _bombyx_v1_LoginRequest__Output } from './bombyx/v1/LoginRequest.ts';
import type { LoginResponse as _bombyx_v1_LoginResponse, LoginResponse__Output as _bombyx_v1_LoginResponse__Output } from './bombyx/v1/LoginResponse.ts';
import type { MarketClient as _bombyx_v1_MarketClient, MarketDefinition as _bombyx_v1_MarketDefinition } from './bombyx/v1/Market.ts';
import type { Measured as _bombyx_v1_Measured, Measured__Output as _bombyx_v1_Measured__Output } from './bombyx/v1/Measured.ts';
import type { Organisation as _bombyx_v1_Organisation, Organisation__Output as _bombyx_v1_Organisation__Output } from './bombyx/v1/Organisation.ts';
import type { Plan as _bombyx_v1_Plan, Plan__Output as _bombyx_v1_Plan__Output } from './bombyx/v1/Plan.ts';
import type { PlannedDemand as _bombyx_v1_PlannedDemand, PlannedDemand__Output as _bombyx_v1_PlannedDemand__Output } from './bombyx/v1/PlannedDemand.ts';
import type { PlannedHost as _bombyx_v1_PlannedHost, PlannedHost__Output as _bombyx_v1_PlannedHost__Output } from './bombyx/v1/PlannedHost.ts';
import type { Prices as _bombyx_v1_Prices, Prices__Output as _bombyx_v1_Prices__Output } from './bombyx/v1/Prices.ts';
import type { ReferenceValue as _bombyx_v1_ReferenceValue, ReferenceValue__Output as _bombyx_v1_ReferenceValue__Output } from './bombyx/v1/ReferenceValue.ts';
import type { RemoveDemandRequest as _bombyx_v1_RemoveDemandRequest, RemoveDemandRequest__Output as _bombyx_v1_RemoveDemandRequest__Output } from './bombyx/v1/RemoveDemandRequest.ts';
import type { RemoveDemandResponse as _bombyx_v1_RemoveDemandResponse, RemoveDemandResponse__Output as _bombyx_v1_RemoveDemandResponse__Output } from './bombyx/v1/RemoveDemandResponse.ts';
import type { RemoveSupplyRequest as _bombyx_v1_RemoveSupplyRequest, RemoveSupplyRequest__Output as _bombyx_v1_RemoveSupplyRequest__Output } from './bombyx/v1/RemoveSupplyRequest.ts';
import type { RemoveSupplyResponse as _bombyx_v1_RemoveSupplyResponse, RemoveSupplyResponse__Output as _bombyx_v1_RemoveSupplyResponse__Output } from './bombyx/v1/RemoveSupplyResponse.ts';
import type { RevokeKeyRequest as _bombyx_v1_RevokeKeyRequest, RevokeKeyRequest__Output as _bombyx_v1_RevokeKeyRequest__Output } from './bombyx/v1/RevokeKeyRequest.ts';
import type { ServedStatement as _bombyx_v1_ServedStatement, ServedStatement__Output as _bombyx_v1_ServedStatement__Output } from './bombyx/v1/ServedStatement.ts';
import type { SetKeyRequest as _bombyx_v1_SetKeyRequest, SetKeyRequest__Output as _bombyx_v1_SetKeyRequest__Output } from './bombyx/v1/SetKeyRequest.ts';
import type { Spent as _bombyx_v1_Spent, Spent__Output as _bombyx_v1_Spent__Output } from './bombyx/v1/Spent.ts';
import type { Supply as _bombyx_v1_Supply, Supply__Output as _bombyx_v1_Supply__Output } from './bombyx/v1/Supply.ts';
import type { UsageProof as _bombyx_v1_UsageProof, UsageProof__Output as _bombyx_v1_UsageProof__Output } from './bombyx/v1/UsageProof.ts';
import type { Verdict as _bombyx_v1_Verdict, Verdict__Output as _bombyx_v1_Verdict__Output } from './bombyx/v1/Verdict.ts';
import type { WatchKeysRequest as _bombyx_v1_WatchKeysRequest, WatchKeysRequest__Output as _bombyx_v1_WatchKeysRequest__Output } from './bombyx/v1/WatchKeysRequest.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  bombyx: {
    v1: {
      Accept: MessageTypeDefinition<_bombyx_v1_Accept, _bombyx_v1_Accept__Output>
      ApiKey: MessageTypeDefinition<_bombyx_v1_ApiKey, _bombyx_v1_ApiKey__Output>
      /**
       * Which API keys are good. For relays, authorised as those that deliver usage.
       */
      ApiKeys: SubtypeConstructor<typeof grpc.Client, _bombyx_v1_ApiKeysClient> & { service: _bombyx_v1_ApiKeysDefinition }
      Attested: MessageTypeDefinition<_bombyx_v1_Attested, _bombyx_v1_Attested__Output>
      Batch: MessageTypeDefinition<_bombyx_v1_Batch, _bombyx_v1_Batch__Output>
      Bill: MessageTypeDefinition<_bombyx_v1_Bill, _bombyx_v1_Bill__Output>
      BillLine: MessageTypeDefinition<_bombyx_v1_BillLine, _bombyx_v1_BillLine__Output>
      BilledStatement: MessageTypeDefinition<_bombyx_v1_BilledStatement, _bombyx_v1_BilledStatement__Output>
      CoveringVoucher: MessageTypeDefinition<_bombyx_v1_CoveringVoucher, _bombyx_v1_CoveringVoucher__Output>
      CreateKeyRequest: MessageTypeDefinition<_bombyx_v1_CreateKeyRequest, _bombyx_v1_CreateKeyRequest__Output>
      CreateKeyResponse: MessageTypeDefinition<_bombyx_v1_CreateKeyResponse, _bombyx_v1_CreateKeyResponse__Output>
      CreateLoginRequest: MessageTypeDefinition<_bombyx_v1_CreateLoginRequest, _bombyx_v1_CreateLoginRequest__Output>
      CreateLoginResponse: MessageTypeDefinition<_bombyx_v1_CreateLoginResponse, _bombyx_v1_CreateLoginResponse__Output>
      Declaration: MessageTypeDefinition<_bombyx_v1_Declaration, _bombyx_v1_Declaration__Output>
      Declared: MessageTypeDefinition<_bombyx_v1_Declared, _bombyx_v1_Declared__Output>
      Delivered: MessageTypeDefinition<_bombyx_v1_Delivered, _bombyx_v1_Delivered__Output>
      DeliveredLine: MessageTypeDefinition<_bombyx_v1_DeliveredLine, _bombyx_v1_DeliveredLine__Output>
      Demand: MessageTypeDefinition<_bombyx_v1_Demand, _bombyx_v1_Demand__Output>
      EscrowFee: MessageTypeDefinition<_bombyx_v1_EscrowFee, _bombyx_v1_EscrowFee__Output>
      GetBillRequest: MessageTypeDefinition<_bombyx_v1_GetBillRequest, _bombyx_v1_GetBillRequest__Output>
      GetDeliveredRequest: MessageTypeDefinition<_bombyx_v1_GetDeliveredRequest, _bombyx_v1_GetDeliveredRequest__Output>
      GetPlanRequest: MessageTypeDefinition<_bombyx_v1_GetPlanRequest, _bombyx_v1_GetPlanRequest__Output>
      GetUsageProofRequest: MessageTypeDefinition<_bombyx_v1_GetUsageProofRequest, _bombyx_v1_GetUsageProofRequest__Output>
      GrantedKey: MessageTypeDefinition<_bombyx_v1_GrantedKey, _bombyx_v1_GrantedKey__Output>
      Hello: MessageTypeDefinition<_bombyx_v1_Hello, _bombyx_v1_Hello__Output>
      Host: MessageTypeDefinition<_bombyx_v1_Host, _bombyx_v1_Host__Output>
      KeyEvent: MessageTypeDefinition<_bombyx_v1_KeyEvent, _bombyx_v1_KeyEvent__Output>
      KeyScope: MessageTypeDefinition<_bombyx_v1_KeyScope, _bombyx_v1_KeyScope__Output>
      KeySnapshotEnd: MessageTypeDefinition<_bombyx_v1_KeySnapshotEnd, _bombyx_v1_KeySnapshotEnd__Output>
      Limits: MessageTypeDefinition<_bombyx_v1_Limits, _bombyx_v1_Limits__Output>
      ListDemandsRequest: MessageTypeDefinition<_bombyx_v1_ListDemandsRequest, _bombyx_v1_ListDemandsRequest__Output>
      ListDemandsResponse: MessageTypeDefinition<_bombyx_v1_ListDemandsResponse, _bombyx_v1_ListDemandsResponse__Output>
      ListFeesRequest: MessageTypeDefinition<_bombyx_v1_ListFeesRequest, _bombyx_v1_ListFeesRequest__Output>
      ListFeesResponse: MessageTypeDefinition<_bombyx_v1_ListFeesResponse, _bombyx_v1_ListFeesResponse__Output>
      ListKeysRequest: MessageTypeDefinition<_bombyx_v1_ListKeysRequest, _bombyx_v1_ListKeysRequest__Output>
      ListKeysResponse: MessageTypeDefinition<_bombyx_v1_ListKeysResponse, _bombyx_v1_ListKeysResponse__Output>
      ListOrganisationsRequest: MessageTypeDefinition<_bombyx_v1_ListOrganisationsRequest, _bombyx_v1_ListOrganisationsRequest__Output>
      ListOrganisationsResponse: MessageTypeDefinition<_bombyx_v1_ListOrganisationsResponse, _bombyx_v1_ListOrganisationsResponse__Output>
      ListReferenceValuesRequest: MessageTypeDefinition<_bombyx_v1_ListReferenceValuesRequest, _bombyx_v1_ListReferenceValuesRequest__Output>
      ListReferenceValuesResponse: MessageTypeDefinition<_bombyx_v1_ListReferenceValuesResponse, _bombyx_v1_ListReferenceValuesResponse__Output>
      ListServedStatementsRequest: MessageTypeDefinition<_bombyx_v1_ListServedStatementsRequest, _bombyx_v1_ListServedStatementsRequest__Output>
      ListSuppliesRequest: MessageTypeDefinition<_bombyx_v1_ListSuppliesRequest, _bombyx_v1_ListSuppliesRequest__Output>
      ListSuppliesResponse: MessageTypeDefinition<_bombyx_v1_ListSuppliesResponse, _bombyx_v1_ListSuppliesResponse__Output>
      LoginRequest: MessageTypeDefinition<_bombyx_v1_LoginRequest, _bombyx_v1_LoginRequest__Output>
      LoginResponse: MessageTypeDefinition<_bombyx_v1_LoginResponse, _bombyx_v1_LoginResponse__Output>
      /**
       * Who may ask for what, who offers what, who should hold what, and what came of it. The bearer token says who calls: the
       * operator's (open on loopback where none is configured), an organisation's API key, a provider's enrolment token or the
       * login that `Login` gave it.
       */
      Market: SubtypeConstructor<typeof grpc.Client, _bombyx_v1_MarketClient> & { service: _bombyx_v1_MarketDefinition }
      Measured: MessageTypeDefinition<_bombyx_v1_Measured, _bombyx_v1_Measured__Output>
      Organisation: MessageTypeDefinition<_bombyx_v1_Organisation, _bombyx_v1_Organisation__Output>
      Plan: MessageTypeDefinition<_bombyx_v1_Plan, _bombyx_v1_Plan__Output>
      PlannedDemand: MessageTypeDefinition<_bombyx_v1_PlannedDemand, _bombyx_v1_PlannedDemand__Output>
      PlannedHost: MessageTypeDefinition<_bombyx_v1_PlannedHost, _bombyx_v1_PlannedHost__Output>
      Prices: MessageTypeDefinition<_bombyx_v1_Prices, _bombyx_v1_Prices__Output>
      ReferenceValue: MessageTypeDefinition<_bombyx_v1_ReferenceValue, _bombyx_v1_ReferenceValue__Output>
      RemoveDemandRequest: MessageTypeDefinition<_bombyx_v1_RemoveDemandRequest, _bombyx_v1_RemoveDemandRequest__Output>
      RemoveDemandResponse: MessageTypeDefinition<_bombyx_v1_RemoveDemandResponse, _bombyx_v1_RemoveDemandResponse__Output>
      RemoveSupplyRequest: MessageTypeDefinition<_bombyx_v1_RemoveSupplyRequest, _bombyx_v1_RemoveSupplyRequest__Output>
      RemoveSupplyResponse: MessageTypeDefinition<_bombyx_v1_RemoveSupplyResponse, _bombyx_v1_RemoveSupplyResponse__Output>
      RevokeKeyRequest: MessageTypeDefinition<_bombyx_v1_RevokeKeyRequest, _bombyx_v1_RevokeKeyRequest__Output>
      ServedStatement: MessageTypeDefinition<_bombyx_v1_ServedStatement, _bombyx_v1_ServedStatement__Output>
      SetKeyRequest: MessageTypeDefinition<_bombyx_v1_SetKeyRequest, _bombyx_v1_SetKeyRequest__Output>
      Spent: MessageTypeDefinition<_bombyx_v1_Spent, _bombyx_v1_Spent__Output>
      Supply: MessageTypeDefinition<_bombyx_v1_Supply, _bombyx_v1_Supply__Output>
      UsageProof: MessageTypeDefinition<_bombyx_v1_UsageProof, _bombyx_v1_UsageProof__Output>
      Verdict: MessageTypeDefinition<_bombyx_v1_Verdict, _bombyx_v1_Verdict__Output>
      WatchKeysRequest: MessageTypeDefinition<_bombyx_v1_WatchKeysRequest, _bombyx_v1_WatchKeysRequest__Output>
    }
  }
}

