-- What the public may see of each count of mart_public_counts: the gate of the public page.
--
-- Everything on that page is made from these rows. No count has anybody of another one, except that
-- the counts of a block (the programmes that belong to the same claims) are the sums of its
-- programmes. Nobody may learn more of a hidden count than its policy says of every hidden one,
-- which is anything from `n_lower` to `n_upper`; so three rules hold, each made of what is shown:
--
-- 1. A programme's count is hidden when it is small, else rounded: 'small_count'.
-- 2. A block's sum is that of its programmes as they are shown where none is hidden. Else it is
--    rounded by itself and moved between floor_n and ceiling_n, the rounded sums beside which every
--    hidden count may still be anything; where there is none, or it may be small, it is hidden:
--    'protects_another'.
-- 3. A figure that was released is repeated until at least `minimum_count` people must have come or
--    gone, and a hidden one stays hidden: no difference of two versions tells of fewer. A year
--    that was released by other rules or claims is not shown again.
--
-- `n_lower` to `n_upper` is what anybody can know of each count; a rounded 20 is 18 to 22.
--
-- Grain:  one row per audience, level (programme, block), subject, calendar year and part.
-- Key:    audience, level, subject_id, period_start_on, part
-- Source: ref_disclosure_policies (each policy names its own)
with
policies as (
    select
        audience,
        policy_id,
        concat_ws(' ', policy_id, policy_version) as policy_name,
        minimum_count,
        rounding_base,
        total_rounding_base,
        case when hide_zero then 0 else 1 end as hidden_lower,
        minimum_count - 1 as hidden_upper,
        floor(rounding_base / 2) as below,
        rounding_base - 1 - floor(rounding_base / 2) as above,
        floor(total_rounding_base / 2) as total_below,
        total_rounding_base - 1 - floor(total_rounding_base / 2) as total_above
    from ref_disclosure_policies
    where table_name = 'pub_counts' and level = 'programme'
),

counts as (
    select
        claim_id,
        counted_by,
        programme_id,
        block_id,
        period_start_on,
        period_end_on,
        closes_on,
        part,
        n_clients
    from mart_public_counts
),

released as (
    select
        audience,
        basis,
        level,
        subject_id,
        period_start_on,
        part,
        n_clients
    from ref_released_counts
),

released_years as (
    select
        audience,
        period_start_on,
        min(basis) as first_basis,
        max(basis) as last_basis
    from released
    group by audience, period_start_on
),

-- Rule 1, for the counts as they are now.
rounded_counts as (
    select
        policies.audience,
        policies.policy_id,
        concat_ws(';', policies.policy_name, counts.counted_by) as basis,
        policies.minimum_count,
        policies.total_rounding_base,
        policies.hidden_lower,
        policies.hidden_upper,
        policies.below,
        policies.above,
        policies.total_below,
        policies.total_above,
        counts.claim_id,
        counts.programme_id,
        counts.block_id,
        counts.period_start_on,
        counts.period_end_on,
        counts.closes_on,
        counts.part,
        counts.n_clients,
        counts.n_clients between policies.hidden_lower and policies.hidden_upper as is_small,
        round(counts.n_clients / policies.rounding_base) * policies.rounding_base as n_rounded
    from counts
    cross join policies
),

new_counts as (
    select
        *,
        case
            when is_small then hidden_lower
            when n_clients = 0 then 0
            else greatest(n_rounded - below, minimum_count)
        end as new_lower,
        case
            when is_small then hidden_upper
            when n_clients = 0 then 0
            else n_rounded + above
        end as new_upper
    from rounded_counts
),

-- Rule 3: what was released is kept while the new range is near its own.
old_counts as (
    select
        new_counts.*,
        released.audience is not null as was_released,
        released.n_clients as n_released,
        case
            when released.n_clients = 0 then 0
            else greatest(released.n_clients - new_counts.below, new_counts.minimum_count)
        end as old_lower,
        case
            when released.n_clients = 0 then 0
            else released.n_clients + new_counts.above
        end as old_upper
    from new_counts
    left join released_years
        on
            new_counts.audience = released_years.audience
            and new_counts.period_start_on = released_years.period_start_on
    left join released
        on
            new_counts.audience = released.audience
            and new_counts.basis = released.basis
            and released.level = 'programme'
            and new_counts.programme_id = released.subject_id
            and new_counts.period_start_on = released.period_start_on
            and new_counts.part = released.part
    where
        released_years.audience is null
        or (
            released_years.first_basis = new_counts.basis
            and released_years.last_basis = new_counts.basis
        )
),

kept_counts as (
    select
        *,
        coalesce(
            was_released
            and (
                n_released is null
                or greatest(new_lower - old_upper, old_lower - new_upper) < minimum_count
            ),
            false
        ) as is_kept
    from old_counts
),

shown_counts as (
    select
        *,
        case
            when is_kept then n_released
            when not is_small then cast(n_rounded as bigint)
        end as n_shown,
        case
            when is_kept and n_released is null then hidden_lower
            when is_kept then old_lower
            else new_lower
        end as n_lower,
        case
            when is_kept and n_released is null then hidden_upper
            when is_kept then old_upper
            else new_upper
        end as n_upper
    from kept_counts
),

-- Rule 2.
block_sums as (
    select
        audience,
        policy_id,
        basis,
        claim_id,
        block_id,
        period_start_on,
        period_end_on,
        closes_on,
        part,
        minimum_count,
        total_rounding_base,
        total_below,
        total_above,
        sum(n_clients) as n_clients,
        sum(n_shown) as n_of_shown,
        sum(n_lower) as lowest_n,
        sum(n_upper) as highest_n,
        sum(case when n_shown is null then 1 else 0 end) as n_hidden,
        hidden_upper - hidden_lower as hidden_width
    from shown_counts
    group by
        audience,
        policy_id,
        basis,
        claim_id,
        block_id,
        period_start_on,
        period_end_on,
        closes_on,
        part,
        minimum_count,
        total_rounding_base,
        total_below,
        total_above,
        hidden_lower,
        hidden_upper
),

block_bands as (
    select
        block_sums.*,
        round(block_sums.n_clients / block_sums.total_rounding_base)
        * block_sums.total_rounding_base as n_rounded,
        ceil(
            (block_sums.lowest_n + block_sums.hidden_width - block_sums.total_above)
            / block_sums.total_rounding_base
        ) * block_sums.total_rounding_base as floor_n,
        floor(
            (block_sums.highest_n - block_sums.hidden_width + block_sums.total_below)
            / block_sums.total_rounding_base
        ) * block_sums.total_rounding_base as ceiling_n,
        released.audience is not null as was_released,
        released.n_clients as n_released
    from block_sums
    left join released
        on
            block_sums.audience = released.audience
            and block_sums.basis = released.basis
            and released.level = 'block'
            and block_sums.block_id = released.subject_id
            and block_sums.period_start_on = released.period_start_on
            and block_sums.part = released.part
),

-- Up to `small_n` a sum counts as one that may be small.
block_limits as (
    select
        *,
        ceil(greatest(floor_n, minimum_count - 1) / total_rounding_base) * total_rounding_base
            as small_n
    from block_bands
),

new_blocks as (
    select
        *,
        floor_n >= minimum_count or small_n + total_rounding_base <= ceiling_n as has_choice,
        case
            when n_hidden = 0 then n_of_shown
            when floor_n > ceiling_n then null
            when floor_n >= minimum_count then least(greatest(n_rounded, floor_n), ceiling_n)
            when small_n + total_rounding_base > ceiling_n then null
            when n_rounded > small_n then least(n_rounded, ceiling_n)
        end as n_new
    from block_limits
),

-- Rule 3 again. What is compared is what would be shown: to keep a sum by what it is would tell,
-- by not being kept, on which side of the shown one it lies.
shown_blocks as (
    select
        *,
        case
            when was_released and n_released is null then null
            when
                n_hidden > 0
                and has_choice
                and n_released between floor_n and ceiling_n
                and (floor_n >= minimum_count or n_released > small_n)
                and n_released % total_rounding_base = 0
                and abs(coalesce(n_new, small_n) - n_released) - total_below - total_above
                < minimum_count
                then n_released
            else n_new
        end as n_shown
    from new_blocks
),

all_counts as (
    select
        audience,
        policy_id,
        basis,
        claim_id,
        'programme' as level,
        programme_id as subject_id,
        block_id,
        period_start_on,
        period_end_on,
        closes_on,
        part,
        n_shown as n_clients,
        n_lower,
        n_upper,
        case when n_shown is null then 'small_count' end as privacy_reason,
        is_kept
    from shown_counts
    union all
    select
        audience,
        policy_id,
        basis,
        claim_id,
        'block' as level,
        block_id as subject_id,
        block_id,
        period_start_on,
        period_end_on,
        closes_on,
        part,
        n_shown as n_clients,
        case
            when n_hidden > 0 and n_shown > floor_n then greatest(lowest_n, n_shown - total_below)
            else lowest_n
        end as n_lower,
        case
            when n_hidden > 0 and n_shown < ceiling_n then least(highest_n, n_shown + total_above)
            else highest_n
        end as n_upper,
        case when n_shown is null then 'protects_another' end as privacy_reason,
        coalesce(was_released and n_released = n_shown, n_shown is null and was_released)
            as is_kept
    from shown_blocks
)

select
    audience,
    policy_id,
    basis,
    claim_id,
    level,
    subject_id,
    block_id,
    period_start_on,
    period_end_on,
    closes_on,
    part,
    cast(n_clients as bigint) as n_clients,
    cast(n_lower as bigint) as n_lower,
    cast(n_upper as bigint) as n_upper,
    privacy_reason,
    is_kept
from all_counts
order by audience, level, subject_id, period_start_on, part
