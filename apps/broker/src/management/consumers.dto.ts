import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, Min } from 'class-validator';

/** `GET /api/consumers` */
export class ConsumerListQuery {
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
