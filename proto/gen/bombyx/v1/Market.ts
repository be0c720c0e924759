// Original file: bombyx/v1/market.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ApiKey as _bombyx_v1_ApiKey, ApiKey__Output as _bombyx_v1_ApiKey__Output } from '../../bombyx/v1/ApiKey.ts';
import type { Bill as _bombyx_v1_Bill, Bill__Output as _bombyx_v1_Bill__Output } from '../../bombyx/v1/Bill.ts';
import type { BilledStatement as _bombyx_v1_BilledStatement, BilledStatement__Output as _bombyx_v1_BilledStatement__Output } from '../../bombyx/v1/BilledStatement.ts';
import type { CreateKeyRequest as _bombyx_v1_CreateKeyRequest, CreateKeyRequest__Output as _bombyx_v1_CreateKeyRequest__Output } from '../../bombyx/v1/CreateKeyRequest.ts';
import type { CreateKeyResponse as _bombyx_v1_CreateKeyResponse, CreateKeyResponse__Output as _bombyx_v1_CreateKeyResponse__Output } from '../../bombyx/v1/CreateKeyResponse.ts';
import type { CreateLoginRequest as _bombyx_v1_CreateLoginRequest, CreateLoginRequest__Output as _bombyx_v1_CreateLoginRequest__Output } from '../../bombyx/v1/CreateLoginRequest.ts';
import type { CreateLoginResponse as _bombyx_v1_CreateLoginResponse, CreateLoginResponse__Output as _bombyx_v1_CreateLoginResponse__Output } from '../../bombyx/v1/CreateLoginResponse.ts';
import type { Declared as _bombyx_v1_Declared, Declared__Output as _bombyx_v1_Declared__Output } from '../../bombyx/v1/Declared.ts';
import type { Delivered as _bombyx_v1_Delivered, Delivered__Output as _bombyx_v1_Delivered__Output } from '../../bombyx/v1/Delivered.ts';
import type { Demand as _bombyx_v1_Demand, Demand__Output as _bombyx_v1_Demand__Output } from '../../bombyx/v1/Demand.ts';
import type { GetBillRequest as _bombyx_v1_GetBillRequest, GetBillRequest__Output as _bombyx_v1_GetBillRequest__Output } from '../../bombyx/v1/GetBillRequest.ts';
import type { GetDeliveredRequest as _bombyx_v1_GetDeliveredRequest, GetDeliveredRequest__Output as _bombyx_v1_GetDeliveredRequest__Output } from '../../bombyx/v1/GetDeliveredRequest.ts';
import type { GetPlanRequest as _bombyx_v1_GetPlanRequest, GetPlanRequest__Output as _bombyx_v1_GetPlanRequest__Output } from '../../bombyx/v1/GetPlanRequest.ts';
import type { GetUsageProofRequest as _bombyx_v1_GetUsageProofRequest, GetUsageProofRequest__Output as _bombyx_v1_GetUsageProofRequest__Output } from '../../bombyx/v1/GetUsageProofRequest.ts';
import type { ListDemandsRequest as _bombyx_v1_ListDemandsRequest, ListDemandsRequest__Output as _bombyx_v1_ListDemandsRequest__Output } from '../../bombyx/v1/ListDemandsRequest.ts';
import type { ListDemandsResponse as _bombyx_v1_ListDemandsResponse, ListDemandsResponse__Output as _bombyx_v1_ListDemandsResponse__Output } from '../../bombyx/v1/ListDemandsResponse.ts';
import type { ListFeesRequest as _bombyx_v1_ListFeesRequest, ListFeesRequest__Output as _bombyx_v1_ListFeesRequest__Output } from '../../bombyx/v1/ListFeesRequest.ts';
import type { ListFeesResponse as _bombyx_v1_ListFeesResponse, ListFeesResponse__Output as _bombyx_v1_ListFeesResponse__Output } from '../../bombyx/v1/ListFeesResponse.ts';
import type { ListKeysRequest as _bombyx_v1_ListKeysRequest, ListKeysRequest__Output as _bombyx_v1_ListKeysRequest__Output } from '../../bombyx/v1/ListKeysRequest.ts';
import type { ListKeysResponse as _bombyx_v1_ListKeysResponse, ListKeysResponse__Output as _bombyx_v1_ListKeysResponse__Output } from '../../bombyx/v1/ListKeysResponse.ts';
import type { ListOrganisationsRequest as _bombyx_v1_ListOrganisationsRequest, ListOrganisationsRequest__Output as _bombyx_v1_ListOrganisationsRequest__Output } from '../../bombyx/v1/ListOrganisationsRequest.ts';
import type { ListOrganisationsResponse as _bombyx_v1_ListOrganisationsResponse, ListOrganisationsResponse__Output as _bombyx_v1_ListOrganisationsResponse__Output } from '../../bombyx/v1/ListOrganisationsResponse.ts';
import type { ListServedStatementsRequest as _bombyx_v1_ListServedStatementsRequest, ListServedStatementsRequest__Output as _bombyx_v1_ListServedStatementsRequest__Output } from '../../bombyx/v1/ListServedStatementsRequest.ts';
import type { ListSuppliesRequest as _bombyx_v1_ListSuppliesRequest, ListSuppliesRequest__Output as _bombyx_v1_ListSuppliesRequest__Output } from '../../bombyx/v1/ListSuppliesRequest.ts';
import type { ListSuppliesResponse as _bombyx_v1_ListSuppliesResponse, ListSuppliesResponse__Output as _bombyx_v1_ListSuppliesResponse__Output } from '../../bombyx/v1/ListSuppliesResponse.ts';
import type { LoginRequest as _bombyx_v1_LoginRequest, LoginRequest__Output as _bombyx_v1_LoginRequest__Output } from '../../bombyx/v1/LoginRequest.ts';
import type { LoginResponse as _bombyx_v1_LoginResponse, LoginResponse__Output as _bombyx_v1_LoginResponse__Output } from '../../bombyx/v1/LoginResponse.ts';
import type { Organisation as _bombyx_v1_Organisation, Organisation__Output as _bombyx_v1_Organisation__Output } from '../../bombyx/v1/Organisation.ts';
import type { Plan as _bombyx_v1_Plan, Plan__Output as _bombyx_v1_Plan__Output } from '../../bombyx/v1/Plan.ts';
import type { RemoveDemandRequest as _bombyx_v1_RemoveDemandRequest, RemoveDemandRequest__Output as _bombyx_v1_RemoveDemandRequest__Output } from '../../bombyx/v1/RemoveDemandRequest.ts';
import type { RemoveDemandResponse as _bombyx_v1_RemoveDemandResponse, RemoveDemandResponse__Output as _bombyx_v1_RemoveDemandResponse__Output } from '../../bombyx/v1/RemoveDemandResponse.ts';
import type { RemoveSupplyRequest as _bombyx_v1_RemoveSupplyRequest, RemoveSupplyRequest__Output as _bombyx_v1_RemoveSupplyRequest__Output } from '../../bombyx/v1/RemoveSupplyRequest.ts';
import type { RemoveSupplyResponse as _bombyx_v1_RemoveSupplyResponse, RemoveSupplyResponse__Output as _bombyx_v1_RemoveSupplyResponse__Output } from '../../bombyx/v1/RemoveSupplyResponse.ts';
import type { RevokeKeyRequest as _bombyx_v1_RevokeKeyRequest, RevokeKeyRequest__Output as _bombyx_v1_RevokeKeyRequest__Output } from '../../bombyx/v1/RevokeKeyRequest.ts';
import type { ServedStatement as _bombyx_v1_ServedStatement, ServedStatement__Output as _bombyx_v1_ServedStatement__Output } from '../../bombyx/v1/ServedStatement.ts';
import type { SetKeyRequest as _bombyx_v1_SetKeyRequest, SetKeyRequest__Output as _bombyx_v1_SetKeyRequest__Output } from '../../bombyx/v1/SetKeyRequest.ts';
import type { Supply as _bombyx_v1_Supply, Supply__Output as _bombyx_v1_Supply__Output } from '../../bombyx/v1/Supply.ts';
import type { UsageProof as _bombyx_v1_UsageProof, UsageProof__Output as _bombyx_v1_UsageProof__Output } from '../../bombyx/v1/UsageProof.ts';

/**
 * Who may ask for what, who offers what, who should hold what, and what came of it. The bearer token says who calls: the
 * operator's (open on loopback where none is configured), an organisation's API key, a provider's enrolment token or the
 * login that `Login` gave it.
 */
export interface MarketClient extends grpc.Client {
  /**
   * Makes a key, which is shown this once and stored as a hash.
   */
  CreateKey(argument: _bombyx_v1_CreateKeyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_CreateKeyResponse__Output>): grpc.ClientUnaryCall;
  CreateKey(argument: _bombyx_v1_CreateKeyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_CreateKeyResponse__Output>): grpc.ClientUnaryCall;
  CreateKey(argument: _bombyx_v1_CreateKeyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_CreateKeyResponse__Output>): grpc.ClientUnaryCall;
  CreateKey(argument: _bombyx_v1_CreateKeyRequest, callback: grpc.requestCallback<_bombyx_v1_CreateKeyResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Makes a key, which is shown this once and stored as a hash.
   */
  createKey(argument: _bombyx_v1_CreateKeyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_CreateKeyResponse__Output>): grpc.ClientUnaryCall;
  createKey(argument: _bombyx_v1_CreateKeyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_CreateKeyResponse__Output>): grpc.ClientUnaryCall;
  createKey(argument: _bombyx_v1_CreateKeyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_CreateKeyResponse__Output>): grpc.ClientUnaryCall;
  createKey(argument: _bombyx_v1_CreateKeyRequest, callback: grpc.requestCallback<_bombyx_v1_CreateKeyResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * A payload for `ton_proof`, good once and for 15 minutes.
   */
  CreateLogin(argument: _bombyx_v1_CreateLoginRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_CreateLoginResponse__Output>): grpc.ClientUnaryCall;
  CreateLogin(argument: _bombyx_v1_CreateLoginRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_CreateLoginResponse__Output>): grpc.ClientUnaryCall;
  CreateLogin(argument: _bombyx_v1_CreateLoginRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_CreateLoginResponse__Output>): grpc.ClientUnaryCall;
  CreateLogin(argument: _bombyx_v1_CreateLoginRequest, callback: grpc.requestCallback<_bombyx_v1_CreateLoginResponse__Output>): grpc.ClientUnaryCall;
  /**
   * A payload for `ton_proof`, good once and for 15 minutes.
   */
  createLogin(argument: _bombyx_v1_CreateLoginRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_CreateLoginResponse__Output>): grpc.ClientUnaryCall;
  createLogin(argument: _bombyx_v1_CreateLoginRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_CreateLoginResponse__Output>): grpc.ClientUnaryCall;
  createLogin(argument: _bombyx_v1_CreateLoginRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_CreateLoginResponse__Output>): grpc.ClientUnaryCall;
  createLogin(argument: _bombyx_v1_CreateLoginRequest, callback: grpc.requestCallback<_bombyx_v1_CreateLoginResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Totals by day, key and model. An organisation sees its own.
   */
  GetBill(argument: _bombyx_v1_GetBillRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_Bill__Output>): grpc.ClientUnaryCall;
  GetBill(argument: _bombyx_v1_GetBillRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_Bill__Output>): grpc.ClientUnaryCall;
  GetBill(argument: _bombyx_v1_GetBillRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_Bill__Output>): grpc.ClientUnaryCall;
  GetBill(argument: _bombyx_v1_GetBillRequest, callback: grpc.requestCallback<_bombyx_v1_Bill__Output>): grpc.ClientUnaryCall;
  /**
   * Totals by day, key and model. An organisation sees its own.
   */
  getBill(argument: _bombyx_v1_GetBillRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_Bill__Output>): grpc.ClientUnaryCall;
  getBill(argument: _bombyx_v1_GetBillRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_Bill__Output>): grpc.ClientUnaryCall;
  getBill(argument: _bombyx_v1_GetBillRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_Bill__Output>): grpc.ClientUnaryCall;
  getBill(argument: _bombyx_v1_GetBillRequest, callback: grpc.requestCallback<_bombyx_v1_Bill__Output>): grpc.ClientUnaryCall;
  
  /**
   * What a provider's hosts delivered since ever, by who pays for it.
   */
  GetDelivered(argument: _bombyx_v1_GetDeliveredRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_Delivered__Output>): grpc.ClientUnaryCall;
  GetDelivered(argument: _bombyx_v1_GetDeliveredRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_Delivered__Output>): grpc.ClientUnaryCall;
  GetDelivered(argument: _bombyx_v1_GetDeliveredRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_Delivered__Output>): grpc.ClientUnaryCall;
  GetDelivered(argument: _bombyx_v1_GetDeliveredRequest, callback: grpc.requestCallback<_bombyx_v1_Delivered__Output>): grpc.ClientUnaryCall;
  /**
   * What a provider's hosts delivered since ever, by who pays for it.
   */
  getDelivered(argument: _bombyx_v1_GetDeliveredRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_Delivered__Output>): grpc.ClientUnaryCall;
  getDelivered(argument: _bombyx_v1_GetDeliveredRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_Delivered__Output>): grpc.ClientUnaryCall;
  getDelivered(argument: _bombyx_v1_GetDeliveredRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_Delivered__Output>): grpc.ClientUnaryCall;
  getDelivered(argument: _bombyx_v1_GetDeliveredRequest, callback: grpc.requestCallback<_bombyx_v1_Delivered__Output>): grpc.ClientUnaryCall;
  
  /**
   * Who should hold what. An organisation sees its own demands, a provider its own hosts, the operator all.
   */
  GetPlan(argument: _bombyx_v1_GetPlanRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_Plan__Output>): grpc.ClientUnaryCall;
  GetPlan(argument: _bombyx_v1_GetPlanRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_Plan__Output>): grpc.ClientUnaryCall;
  GetPlan(argument: _bombyx_v1_GetPlanRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_Plan__Output>): grpc.ClientUnaryCall;
  GetPlan(argument: _bombyx_v1_GetPlanRequest, callback: grpc.requestCallback<_bombyx_v1_Plan__Output>): grpc.ClientUnaryCall;
  /**
   * Who should hold what. An organisation sees its own demands, a provider its own hosts, the operator all.
   */
  getPlan(argument: _bombyx_v1_GetPlanRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_Plan__Output>): grpc.ClientUnaryCall;
  getPlan(argument: _bombyx_v1_GetPlanRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_Plan__Output>): grpc.ClientUnaryCall;
  getPlan(argument: _bombyx_v1_GetPlanRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_Plan__Output>): grpc.ClientUnaryCall;
  getPlan(argument: _bombyx_v1_GetPlanRequest, callback: grpc.requestCallback<_bombyx_v1_Plan__Output>): grpc.ClientUnaryCall;
  
  /**
   * Proof that a statement is in its period's leaf of the log. NOT_FOUND until the period is closed.
   */
  GetUsageProof(argument: _bombyx_v1_GetUsageProofRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_UsageProof__Output>): grpc.ClientUnaryCall;
  GetUsageProof(argument: _bombyx_v1_GetUsageProofRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_UsageProof__Output>): grpc.ClientUnaryCall;
  GetUsageProof(argument: _bombyx_v1_GetUsageProofRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_UsageProof__Output>): grpc.ClientUnaryCall;
  GetUsageProof(argument: _bombyx_v1_GetUsageProofRequest, callback: grpc.requestCallback<_bombyx_v1_UsageProof__Output>): grpc.ClientUnaryCall;
  /**
   * Proof that a statement is in its period's leaf of the log. NOT_FOUND until the period is closed.
   */
  getUsageProof(argument: _bombyx_v1_GetUsageProofRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_UsageProof__Output>): grpc.ClientUnaryCall;
  getUsageProof(argument: _bombyx_v1_GetUsageProofRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_UsageProof__Output>): grpc.ClientUnaryCall;
  getUsageProof(argument: _bombyx_v1_GetUsageProofRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_UsageProof__Output>): grpc.ClientUnaryCall;
  getUsageProof(argument: _bombyx_v1_GetUsageProofRequest, callback: grpc.requestCallback<_bombyx_v1_UsageProof__Output>): grpc.ClientUnaryCall;
  
  ListDemands(argument: _bombyx_v1_ListDemandsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListDemandsResponse__Output>): grpc.ClientUnaryCall;
  ListDemands(argument: _bombyx_v1_ListDemandsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_ListDemandsResponse__Output>): grpc.ClientUnaryCall;
  ListDemands(argument: _bombyx_v1_ListDemandsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListDemandsResponse__Output>): grpc.ClientUnaryCall;
  ListDemands(argument: _bombyx_v1_ListDemandsRequest, callback: grpc.requestCallback<_bombyx_v1_ListDemandsResponse__Output>): grpc.ClientUnaryCall;
  listDemands(argument: _bombyx_v1_ListDemandsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListDemandsResponse__Output>): grpc.ClientUnaryCall;
  listDemands(argument: _bombyx_v1_ListDemandsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_ListDemandsResponse__Output>): grpc.ClientUnaryCall;
  listDemands(argument: _bombyx_v1_ListDemandsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListDemandsResponse__Output>): grpc.ClientUnaryCall;
  listDemands(argument: _bombyx_v1_ListDemandsRequest, callback: grpc.requestCallback<_bombyx_v1_ListDemandsResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * The operator's: what escrows owe the market that they name, by the last look at the chain. Most first, a thousand at most.
   * UNIMPLEMENTED where no chain is known.
   */
  ListFees(argument: _bombyx_v1_ListFeesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListFeesResponse__Output>): grpc.ClientUnaryCall;
  ListFees(argument: _bombyx_v1_ListFeesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_ListFeesResponse__Output>): grpc.ClientUnaryCall;
  ListFees(argument: _bombyx_v1_ListFeesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListFeesResponse__Output>): grpc.ClientUnaryCall;
  ListFees(argument: _bombyx_v1_ListFeesRequest, callback: grpc.requestCallback<_bombyx_v1_ListFeesResponse__Output>): grpc.ClientUnaryCall;
  /**
   * The operator's: what escrows owe the market that they name, by the last look at the chain. Most first, a thousand at most.
   * UNIMPLEMENTED where no chain is known.
   */
  listFees(argument: _bombyx_v1_ListFeesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListFeesResponse__Output>): grpc.ClientUnaryCall;
  listFees(argument: _bombyx_v1_ListFeesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_ListFeesResponse__Output>): grpc.ClientUnaryCall;
  listFees(argument: _bombyx_v1_ListFeesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListFeesResponse__Output>): grpc.ClientUnaryCall;
  listFees(argument: _bombyx_v1_ListFeesRequest, callback: grpc.requestCallback<_bombyx_v1_ListFeesResponse__Output>): grpc.ClientUnaryCall;
  
  ListKeys(argument: _bombyx_v1_ListKeysRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListKeysResponse__Output>): grpc.ClientUnaryCall;
  ListKeys(argument: _bombyx_v1_ListKeysRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_ListKeysResponse__Output>): grpc.ClientUnaryCall;
  ListKeys(argument: _bombyx_v1_ListKeysRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListKeysResponse__Output>): grpc.ClientUnaryCall;
  ListKeys(argument: _bombyx_v1_ListKeysRequest, callback: grpc.requestCallback<_bombyx_v1_ListKeysResponse__Output>): grpc.ClientUnaryCall;
  listKeys(argument: _bombyx_v1_ListKeysRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListKeysResponse__Output>): grpc.ClientUnaryCall;
  listKeys(argument: _bombyx_v1_ListKeysRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_ListKeysResponse__Output>): grpc.ClientUnaryCall;
  listKeys(argument: _bombyx_v1_ListKeysRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListKeysResponse__Output>): grpc.ClientUnaryCall;
  listKeys(argument: _bombyx_v1_ListKeysRequest, callback: grpc.requestCallback<_bombyx_v1_ListKeysResponse__Output>): grpc.ClientUnaryCall;
  
  ListOrganisations(argument: _bombyx_v1_ListOrganisationsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListOrganisationsResponse__Output>): grpc.ClientUnaryCall;
  ListOrganisations(argument: _bombyx_v1_ListOrganisationsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_ListOrganisationsResponse__Output>): grpc.ClientUnaryCall;
  ListOrganisations(argument: _bombyx_v1_ListOrganisationsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListOrganisationsResponse__Output>): grpc.ClientUnaryCall;
  ListOrganisations(argument: _bombyx_v1_ListOrganisationsRequest, callback: grpc.requestCallback<_bombyx_v1_ListOrganisationsResponse__Output>): grpc.ClientUnaryCall;
  listOrganisations(argument: _bombyx_v1_ListOrganisationsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListOrganisationsResponse__Output>): grpc.ClientUnaryCall;
  listOrganisations(argument: _bombyx_v1_ListOrganisationsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_ListOrganisationsResponse__Output>): grpc.ClientUnaryCall;
  listOrganisations(argument: _bombyx_v1_ListOrganisationsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListOrganisationsResponse__Output>): grpc.ClientUnaryCall;
  listOrganisations(argument: _bombyx_v1_ListOrganisationsRequest, callback: grpc.requestCallback<_bombyx_v1_ListOrganisationsResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * The statements of a provider's hosts, in the same order, each with what became of it. A provider sees its own, the operator any.
   */
  ListServedStatements(argument: _bombyx_v1_ListServedStatementsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_bombyx_v1_ServedStatement__Output>;
  ListServedStatements(argument: _bombyx_v1_ListServedStatementsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_bombyx_v1_ServedStatement__Output>;
  /**
   * The statements of a provider's hosts, in the same order, each with what became of it. A provider sees its own, the operator any.
   */
  listServedStatements(argument: _bombyx_v1_ListServedStatementsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_bombyx_v1_ServedStatement__Output>;
  listServedStatements(argument: _bombyx_v1_ListServedStatementsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_bombyx_v1_ServedStatement__Output>;
  
  /**
   * The statements that a bill adds up, in the order in which they were stored.
   */
  ListStatements(argument: _bombyx_v1_GetBillRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_bombyx_v1_BilledStatement__Output>;
  ListStatements(argument: _bombyx_v1_GetBillRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_bombyx_v1_BilledStatement__Output>;
  /**
   * The statements that a bill adds up, in the order in which they were stored.
   */
  listStatements(argument: _bombyx_v1_GetBillRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_bombyx_v1_BilledStatement__Output>;
  listStatements(argument: _bombyx_v1_GetBillRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_bombyx_v1_BilledStatement__Output>;
  
  ListSupplies(argument: _bombyx_v1_ListSuppliesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListSuppliesResponse__Output>): grpc.ClientUnaryCall;
  ListSupplies(argument: _bombyx_v1_ListSuppliesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_ListSuppliesResponse__Output>): grpc.ClientUnaryCall;
  ListSupplies(argument: _bombyx_v1_ListSuppliesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListSuppliesResponse__Output>): grpc.ClientUnaryCall;
  ListSupplies(argument: _bombyx_v1_ListSuppliesRequest, callback: grpc.requestCallback<_bombyx_v1_ListSuppliesResponse__Output>): grpc.ClientUnaryCall;
  listSupplies(argument: _bombyx_v1_ListSuppliesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListSuppliesResponse__Output>): grpc.ClientUnaryCall;
  listSupplies(argument: _bombyx_v1_ListSuppliesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_ListSuppliesResponse__Output>): grpc.ClientUnaryCall;
  listSupplies(argument: _bombyx_v1_ListSuppliesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListSuppliesResponse__Output>): grpc.ClientUnaryCall;
  listSupplies(argument: _bombyx_v1_ListSuppliesRequest, callback: grpc.requestCallback<_bombyx_v1_ListSuppliesResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * With an enrolment token: the wallet becomes its provider's, where earnings go. Without: whoever holds the wallet calls as its
   * provider for an hour.
   */
  Login(argument: _bombyx_v1_LoginRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_LoginResponse__Output>): grpc.ClientUnaryCall;
  Login(argument: _bombyx_v1_LoginRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_LoginResponse__Output>): grpc.ClientUnaryCall;
  Login(argument: _bombyx_v1_LoginRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_LoginResponse__Output>): grpc.ClientUnaryCall;
  Login(argument: _bombyx_v1_LoginRequest, callback: grpc.requestCallback<_bombyx_v1_LoginResponse__Output>): grpc.ClientUnaryCall;
  /**
   * With an enrolment token: the wallet becomes its provider's, where earnings go. Without: whoever holds the wallet calls as its
   * provider for an hour.
   */
  login(argument: _bombyx_v1_LoginRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_LoginResponse__Output>): grpc.ClientUnaryCall;
  login(argument: _bombyx_v1_LoginRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_LoginResponse__Output>): grpc.ClientUnaryCall;
  login(argument: _bombyx_v1_LoginRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_LoginResponse__Output>): grpc.ClientUnaryCall;
  login(argument: _bombyx_v1_LoginRequest, callback: grpc.requestCallback<_bombyx_v1_LoginResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * An organisation's own, or any for the operator.
   */
  PutDemand(argument: _bombyx_v1_Demand, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_Demand__Output>): grpc.ClientUnaryCall;
  PutDemand(argument: _bombyx_v1_Demand, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_Demand__Output>): grpc.ClientUnaryCall;
  PutDemand(argument: _bombyx_v1_Demand, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_Demand__Output>): grpc.ClientUnaryCall;
  PutDemand(argument: _bombyx_v1_Demand, callback: grpc.requestCallback<_bombyx_v1_Demand__Output>): grpc.ClientUnaryCall;
  /**
   * An organisation's own, or any for the operator.
   */
  putDemand(argument: _bombyx_v1_Demand, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_Demand__Output>): grpc.ClientUnaryCall;
  putDemand(argument: _bombyx_v1_Demand, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_Demand__Output>): grpc.ClientUnaryCall;
  putDemand(argument: _bombyx_v1_Demand, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_Demand__Output>): grpc.ClientUnaryCall;
  putDemand(argument: _bombyx_v1_Demand, callback: grpc.requestCallback<_bombyx_v1_Demand__Output>): grpc.ClientUnaryCall;
  
  /**
   * The operator's.
   */
  PutOrganisation(argument: _bombyx_v1_Organisation, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_Organisation__Output>): grpc.ClientUnaryCall;
  PutOrganisation(argument: _bombyx_v1_Organisation, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_Organisation__Output>): grpc.ClientUnaryCall;
  PutOrganisation(argument: _bombyx_v1_Organisation, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_Organisation__Output>): grpc.ClientUnaryCall;
  PutOrganisation(argument: _bombyx_v1_Organisation, callback: grpc.requestCallback<_bombyx_v1_Organisation__Output>): grpc.ClientUnaryCall;
  /**
   * The operator's.
   */
  putOrganisation(argument: _bombyx_v1_Organisation, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_Organisation__Output>): grpc.ClientUnaryCall;
  putOrganisation(argument: _bombyx_v1_Organisation, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_Organisation__Output>): grpc.ClientUnaryCall;
  putOrganisation(argument: _bombyx_v1_Organisation, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_Organisation__Output>): grpc.ClientUnaryCall;
  putOrganisation(argument: _bombyx_v1_Organisation, callback: grpc.requestCallback<_bombyx_v1_Organisation__Output>): grpc.ClientUnaryCall;
  
  /**
   * A provider's own, or any for the operator. Refused where evidence contradicts it, with both values.
   */
  PutSupply(argument: _bombyx_v1_Declared, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_Supply__Output>): grpc.ClientUnaryCall;
  PutSupply(argument: _bombyx_v1_Declared, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_Supply__Output>): grpc.ClientUnaryCall;
  PutSupply(argument: _bombyx_v1_Declared, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_Supply__Output>): grpc.ClientUnaryCall;
  PutSupply(argument: _bombyx_v1_Declared, callback: grpc.requestCallback<_bombyx_v1_Supply__Output>): grpc.ClientUnaryCall;
  /**
   * A provider's own, or any for the operator. Refused where evidence contradicts it, with both values.
   */
  putSupply(argument: _bombyx_v1_Declared, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_Supply__Output>): grpc.ClientUnaryCall;
  putSupply(argument: _bombyx_v1_Declared, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_Supply__Output>): grpc.ClientUnaryCall;
  putSupply(argument: _bombyx_v1_Declared, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_Supply__Output>): grpc.ClientUnaryCall;
  putSupply(argument: _bombyx_v1_Declared, callback: grpc.requestCallback<_bombyx_v1_Supply__Output>): grpc.ClientUnaryCall;
  
  RemoveDemand(argument: _bombyx_v1_RemoveDemandRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_RemoveDemandResponse__Output>): grpc.ClientUnaryCall;
  RemoveDemand(argument: _bombyx_v1_RemoveDemandRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_RemoveDemandResponse__Output>): grpc.ClientUnaryCall;
  RemoveDemand(argument: _bombyx_v1_RemoveDemandRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_RemoveDemandResponse__Output>): grpc.ClientUnaryCall;
  RemoveDemand(argument: _bombyx_v1_RemoveDemandRequest, callback: grpc.requestCallback<_bombyx_v1_RemoveDemandResponse__Output>): grpc.ClientUnaryCall;
  removeDemand(argument: _bombyx_v1_RemoveDemandRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_RemoveDemandResponse__Output>): grpc.ClientUnaryCall;
  removeDemand(argument: _bombyx_v1_RemoveDemandRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_RemoveDemandResponse__Output>): grpc.ClientUnaryCall;
  removeDemand(argument: _bombyx_v1_RemoveDemandRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_RemoveDemandResponse__Output>): grpc.ClientUnaryCall;
  removeDemand(argument: _bombyx_v1_RemoveDemandRequest, callback: grpc.requestCallback<_bombyx_v1_RemoveDemandResponse__Output>): grpc.ClientUnaryCall;
  
  RemoveSupply(argument: _bombyx_v1_RemoveSupplyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_RemoveSupplyResponse__Output>): grpc.ClientUnaryCall;
  RemoveSupply(argument: _bombyx_v1_RemoveSupplyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_RemoveSupplyResponse__Output>): grpc.ClientUnaryCall;
  RemoveSupply(argument: _bombyx_v1_RemoveSupplyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_RemoveSupplyResponse__Output>): grpc.ClientUnaryCall;
  RemoveSupply(argument: _bombyx_v1_RemoveSupplyRequest, callback: grpc.requestCallback<_bombyx_v1_RemoveSupplyResponse__Output>): grpc.ClientUnaryCall;
  removeSupply(argument: _bombyx_v1_RemoveSupplyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_RemoveSupplyResponse__Output>): grpc.ClientUnaryCall;
  removeSupply(argument: _bombyx_v1_RemoveSupplyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_RemoveSupplyResponse__Output>): grpc.ClientUnaryCall;
  removeSupply(argument: _bombyx_v1_RemoveSupplyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_RemoveSupplyResponse__Output>): grpc.ClientUnaryCall;
  removeSupply(argument: _bombyx_v1_RemoveSupplyRequest, callback: grpc.requestCallback<_bombyx_v1_RemoveSupplyResponse__Output>): grpc.ClientUnaryCall;
  
  RevokeKey(argument: _bombyx_v1_RevokeKeyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ApiKey__Output>): grpc.ClientUnaryCall;
  RevokeKey(argument: _bombyx_v1_RevokeKeyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_ApiKey__Output>): grpc.ClientUnaryCall;
  RevokeKey(argument: _bombyx_v1_RevokeKeyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ApiKey__Output>): grpc.ClientUnaryCall;
  RevokeKey(argument: _bombyx_v1_RevokeKeyRequest, callback: grpc.requestCallback<_bombyx_v1_ApiKey__Output>): grpc.ClientUnaryCall;
  revokeKey(argument: _bombyx_v1_RevokeKeyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ApiKey__Output>): grpc.ClientUnaryCall;
  revokeKey(argument: _bombyx_v1_RevokeKeyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_ApiKey__Output>): grpc.ClientUnaryCall;
  revokeKey(argument: _bombyx_v1_RevokeKeyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ApiKey__Output>): grpc.ClientUnaryCall;
  revokeKey(argument: _bombyx_v1_RevokeKeyRequest, callback: grpc.requestCallback<_bombyx_v1_ApiKey__Output>): grpc.ClientUnaryCall;
  
  /**
   * Takes effect at every relay within seconds. A revoked key stays revoked.
   */
  SetKey(argument: _bombyx_v1_SetKeyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ApiKey__Output>): grpc.ClientUnaryCall;
  SetKey(argument: _bombyx_v1_SetKeyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_ApiKey__Output>): grpc.ClientUnaryCall;
  SetKey(argument: _bombyx_v1_SetKeyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ApiKey__Output>): grpc.ClientUnaryCall;
  SetKey(argument: _bombyx_v1_SetKeyRequest, callback: grpc.requestCallback<_bombyx_v1_ApiKey__Output>): grpc.ClientUnaryCall;
  /**
   * Takes effect at every relay within seconds. A revoked key stays revoked.
   */
  setKey(argument: _bombyx_v1_SetKeyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ApiKey__Output>): grpc.ClientUnaryCall;
  setKey(argument: _bombyx_v1_SetKeyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_ApiKey__Output>): grpc.ClientUnaryCall;
  setKey(argument: _bombyx_v1_SetKeyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ApiKey__Output>): grpc.ClientUnaryCall;
  setKey(argument: _bombyx_v1_SetKeyRequest, callback: grpc.requestCallback<_bombyx_v1_ApiKey__Output>): grpc.ClientUnaryCall;
  
}

/**
 * Who may ask for what, who offers what, who should hold what, and what came of it. The bearer token says who calls: the
 * operator's (open on loopback where none is configured), an organisation's API key, a provider's enrolment token or the
 * login that `Login` gave it.
 */
export interface MarketHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Makes a key, which is shown this once and stored as a hash.
   */
  CreateKey: grpc.handleUnaryCall<_bombyx_v1_CreateKeyRequest__Output, _bombyx_v1_CreateKeyResponse>;
  
  /**
   * A payload for `ton_proof`, good once and for 15 minutes.
   */
  CreateLogin: grpc.handleUnaryCall<_bombyx_v1_CreateLoginRequest__Output, _bombyx_v1_CreateLoginResponse>;
  
  /**
   * Totals by day, key and model. An organisation sees its own.
   */
  GetBill: grpc.handleUnaryCall<_bombyx_v1_GetBillRequest__Output, _bombyx_v1_Bill>;
  
  /**
   * What a provider's hosts delivered since ever, by who pays for it.
   */
  GetDelivered: grpc.handleUnaryCall<_bombyx_v1_GetDeliveredRequest__Output, _bombyx_v1_Delivered>;
  
  /**
   * Who should hold what. An organisation sees its own demands, a provider its own hosts, the operator all.
   */
  GetPlan: grpc.handleUnaryCall<_bombyx_v1_GetPlanRequest__Output, _bombyx_v1_Plan>;
  
  /**
   * Proof that a statement is in its period's leaf of the log. NOT_FOUND until the period is closed.
   */
  GetUsageProof: grpc.handleUnaryCall<_bombyx_v1_GetUsageProofRequest__Output, _bombyx_v1_UsageProof>;
  
  ListDemands: grpc.handleUnaryCall<_bombyx_v1_ListDemandsRequest__Output, _bombyx_v1_ListDemandsResponse>;
  
  /**
   * The operator's: what escrows owe the market that they name, by the last look at the chain. Most first, a thousand at most.
   * UNIMPLEMENTED where no chain is known.
   */
  ListFees: grpc.handleUnaryCall<_bombyx_v1_ListFeesRequest__Output, _bombyx_v1_ListFeesResponse>;
  
  ListKeys: grpc.handleUnaryCall<_bombyx_v1_ListKeysRequest__Output, _bombyx_v1_ListKeysResponse>;
  
  ListOrganisations: grpc.handleUnaryCall<_bombyx_v1_ListOrganisationsRequest__Output, _bombyx_v1_ListOrganisationsResponse>;
  
  /**
   * The statements of a provider's hosts, in the same order, each with what became of it. A provider sees its own, the operator any.
   */
  ListServedStatements: grpc.handleServerStreamingCall<_bombyx_v1_ListServedStatementsRequest__Output, _bombyx_v1_ServedStatement>;
  
  /**
   * The statements that a bill adds up, in the order in which they were stored.
   */
  ListStatements: grpc.handleServerStreamingCall<_bombyx_v1_GetBillRequest__Output, _bombyx_v1_BilledStatement>;
  
  ListSupplies: grpc.handleUnaryCall<_bombyx_v1_ListSuppliesRequest__Output, _bombyx_v1_ListSuppliesResponse>;
  
  /**
   * With an enrolment token: the wallet becomes its provider's, where earnings go. Without: whoever holds the wallet calls as its
   * provider for an hour.
   */
  Login: grpc.handleUnaryCall<_bombyx_v1_LoginRequest__Output, _bombyx_v1_LoginResponse>;
  
  /**
   * An organisation's own, or any for the operator.
   */
  PutDemand: grpc.handleUnaryCall<_bombyx_v1_Demand__Output, _bombyx_v1_Demand>;
  
  /**
   * The operator's.
   */
  PutOrganisation: grpc.handleUnaryCall<_bombyx_v1_Organisation__Output, _bombyx_v1_Organisation>;
  
  /**
   * A provider's own, or any for the operator. Refused where evidence contradicts it, with both values.
   */
  PutSupply: grpc.handleUnaryCall<_bombyx_v1_Declared__Output, _bombyx_v1_Supply>;
  
  RemoveDemand: grpc.handleUnaryCall<_bombyx_v1_RemoveDemandRequest__Output, _bombyx_v1_RemoveDemandResponse>;
  
  RemoveSupply: grpc.handleUnaryCall<_bombyx_v1_RemoveSupplyRequest__Output, _bombyx_v1_RemoveSupplyResponse>;
  
  RevokeKey: grpc.handleUnaryCall<_bombyx_v1_RevokeKeyRequest__Output, _bombyx_v1_ApiKey>;
  
  /**
   * Takes effect at every relay within seconds. A revoked key stays revoked.
   */
  SetKey: grpc.handleUnaryCall<_bombyx_v1_SetKeyRequest__Output, _bombyx_v1_ApiKey>;
  
}

export interface MarketDefinition extends grpc.ServiceDefinition {
  CreateKey: MethodDefinition<_bombyx_v1_CreateKeyRequest, _bombyx_v1_CreateKeyResponse, _bombyx_v1_CreateKeyRequest__Output, _bombyx_v1_CreateKeyResponse__Output>
  CreateLogin: MethodDefinition<_bombyx_v1_CreateLoginRequest, _bombyx_v1_CreateLoginResponse, _bombyx_v1_CreateLoginRequest__Output, _bombyx_v1_CreateLoginResponse__Output>
  GetBill: MethodDefinition<_bombyx_v1_GetBillRequest, _bombyx_v1_Bill, _bombyx_v1_GetBillRequest__Output, _bombyx_v1_Bill__Output>
  GetDelivered: MethodDefinition<_bombyx_v1_GetDeliveredRequest, _bombyx_v1_Delivered, _bombyx_v1_GetDeliveredRequest__Output, _bombyx_v1_Delivered__Output>
  GetPlan: MethodDefinition<_bombyx_v1_GetPlanRequest, _bombyx_v1_Plan, _bombyx_v1_GetPlanRequest__Output, _bombyx_v1_Plan__Output>
  GetUsageProof: MethodDefinition<_bombyx_v1_GetUsageProofRequest, _bombyx_v1_UsageProof, _bombyx_v1_GetUsageProofRequest__Output, _bombyx_v1_UsageProof__Output>
  ListDemands: MethodDefinition<_bombyx_v1_ListDemandsRequest, _bombyx_v1_ListDemandsResponse, _bombyx_v1_ListDemandsRequest__Output, _bombyx_v1_ListDemandsResponse__Output>
  ListFees: MethodDefinition<_bombyx_v1_ListFeesRequest, _bombyx_v1_ListFeesResponse, _bombyx_v1_ListFeesRequest__Output, _bombyx_v1_ListFeesResponse__Output>
  ListKeys: MethodDefinition<_bombyx_v1_ListKeysRequest, _bombyx_v1_ListKeysResponse, _bombyx_v1_ListKeysRequest__Output, _bombyx_v1_ListKeysResponse__Output>
  ListOrganisations: MethodDefinition<_bombyx_v1_ListOrganisationsRequest, _bombyx_v1_ListOrganisationsResponse, _bombyx_v1_ListOrganisationsRequest__Output, _bombyx_v1_ListOrganisationsResponse__Output>
  ListServedStatements: MethodDefinition<_bombyx_v1_ListServedStatementsRequest, _bombyx_v1_ServedStatement, _bombyx_v1_ListServedStatementsRequest__Output, _bombyx_v1_ServedStatement__Output>
  ListStatements: MethodDefinition<_bombyx_v1_GetBillRequest, _bombyx_v1_BilledStatement, _bombyx_v1_GetBillRequest__Output, _bombyx_v1_BilledStatement__Output>
  ListSupplies: MethodDefinition<_bombyx_v1_ListSuppliesRequest, _bombyx_v1_ListSuppliesResponse, _bombyx_v1_ListSuppliesRequest__Output, _bombyx_v1_ListSuppliesResponse__Output>
  Login: MethodDefinition<_bombyx_v1_LoginRequest, _bombyx_v1_LoginResponse, _bombyx_v1_LoginRequest__Output, _bombyx_v1_LoginResponse__Output>
  PutDemand: MethodDefinition<_bombyx_v1_Demand, _bombyx_v1_Demand, _bombyx_v1_Demand__Output, _bombyx_v1_Demand__Output>
  PutOrganisation: MethodDefinition<_bombyx_v1_Organisation, _bombyx_v1_Organisation, _bombyx_v1_Organisation__Output, _bombyx_v1_Organisation__Output>
  PutSupply: MethodDefinition<_bombyx_v1_Declared, _bombyx_v1_Supply, _bombyx_v1_Declared__Output, _bombyx_v1_Supply__Output>
  RemoveDemand: MethodDefinition<_bombyx_v1_RemoveDemandRequest, _bombyx_v1_RemoveDemandResponse, _bombyx_v1_RemoveDemandRequest__Output, _bombyx_v1_RemoveDemandResponse__Output>
  RemoveSupply: MethodDefinition<_bombyx_v1_RemoveSupplyRequest, _bombyx_v1_RemoveSupplyResponse, _bombyx_v1_RemoveSupplyRequest__Output, _bombyx_v1_RemoveSupplyResponse__Output>
  RevokeKey: MethodDefinition<_bombyx_v1_RevokeKeyRequest, _bombyx_v1_ApiKey, _bombyx_v1_RevokeKeyRequest__Output, _bombyx_v1_ApiKey__Output>
  SetKey: MethodDefinition<_bombyx_v1_SetKeyRequest, _bombyx_v1_ApiKey, _bombyx_v1_SetKeyRequest__Output, _bombyx_v1_ApiKey__Output>
}
