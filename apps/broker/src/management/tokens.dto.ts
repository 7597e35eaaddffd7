import { Type } from 'class-transformer';
import { IsArray, IsInt, IsOptional, IsString, Max, Min } from 'class-validator';

/** `GET /api/tokens` */
export class TokenListQuery {
  /** Only tokens of this client. */
  @IsOptional()
  @IsString()
  client?: string;

  /** Rows of a page. */
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
}
