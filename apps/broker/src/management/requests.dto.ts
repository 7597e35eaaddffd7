import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsObject,
  IsInt,
  IsISO8601,
  IsOptional,
  IsString,
  Matches,
  Max,
  Min,
} from 'class-validator';

/** A page of rows. */
class PageQuery {
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(1_000)
  limit: number = 200;

  /** The `next` of the page before. */
  @IsOptional()
  @IsString()
  after?: string;
}

/** `GET /api/consumers` */
export class ConsumerListQuery extends PageQuery {}

/** `GET /api/tokens` */
export class TokenListQuery extends PageQuery {
  /** Only tokens of this client. */
  @IsOptional()
  @IsString()
  client?: string;

  /** Only tokens of this replica that are renewed, or were renewed or failed since then: ISO 8601. */
  @IsOptional()
  @IsISO8601({ strict: true })
  changedSince?: string;
}

/** `GET /api/tokens/history` */
export class HistoryQuery {
  /** Of at most 100 tokens, with commas in between. */
  @Transform(({ value }) => (typeof value === 'string' ? value.split(',') : value))
  @IsArray()
  @ArrayMaxSize(100)
  @Matches(/^[\w-]{12}$/, { each: true, message: 'ids must be those of /api/tokens, with commas in between' })
  ids!: string[];
}

/** `POST /api/tokens/renew` */
export class RenewTokenDto {
  @IsString()
  client!: string;

  @IsArray()
  @IsString({ each: true })
  scopes!: string[];

  @IsArray()
  @IsString({ each: true })
  resources: string[] = [];

  /** RFC 9396 */
  @IsArray()
  @IsObject({ each: true })
  authorizationDetails: object[] = [];
}

/** `POST /api/tokens/purge` */
export class PurgeTokensDto {
  @IsString()
  client!: string;
}
