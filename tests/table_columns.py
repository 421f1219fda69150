"""Columns and types of the staged and reference tables that the models read.

What belongs here: one line per table, as the pipeline writes it. What a column holds where a test
does not say is in `table_rows.py`.
"""

# Columns and types of what the models read. Points are decimals with four places.
DDL: dict[str, str] = {
    "ref_instruments": "instrument_id varchar, name varchar, version varchar, domain varchar,"
    " n_items integer, item_min_points decimal(9, 4), item_max_points decimal(9, 4),"
    " total_min_points decimal(9, 4), total_max_points decimal(9, 4), direction varchar,"
    " is_scored boolean, purpose varchar, domains varchar[], subdomain varchar,"
    " not_scored_why varchar, item_step_points decimal(9, 4), total_steps double[]",
    "ref_instrument_scales": "instrument_id varchar, scale varchar, n_items integer,"
    " item_numbers integer[], method varchar, weights double[], constant_points decimal(18, 9),"
    " min_points decimal(9, 4), max_points decimal(9, 4), prorate_max_missing integer,"
    " direction varchar, fill_method varchar, form_max_missing integer,"
    " group_numbers integer[], slot_numbers integer[], of_scale varchar",
    "ref_instrument_items": "instrument_id varchar, item integer, min_points decimal(9, 4),"
    " max_points decimal(9, 4), allowed_points double[], is_zero_allowed boolean,"
    " is_reversed boolean, has_own_values boolean",
    "ref_outcome_rules": "instrument_id varchar, scale varchar, respondent varchar,"
    " rule_id varchar, rule_version varchar, reliable_change_points decimal(9, 4),"
    " reliable_change_kind varchar, caseness_points decimal(9, 4),"
    " remission_below_points decimal(9, 4), response_share decimal(9, 4), source varchar,"
    " status varchar",
    "ref_thresholds": "instrument_id varchar, scale varchar, kind varchar, entry integer,"
    " points decimal(9, 4), share decimal(9, 4), op varchar, use varchar, respondents varchar[],"
    " holds_for varchar, is_active boolean, status varchar, source varchar, basis varchar,"
    " rule_id varchar, rule_version varchar, range_low_points decimal(9, 4),"
    " range_high_points decimal(9, 4), note varchar, not_computed_why varchar",
    "ref_clinic_thresholds": "instrument_id varchar, scale varchar, respondent varchar,"
    " kind varchar, points decimal(9, 4), share decimal(9, 4), reliability_value decimal(9, 4),"
    " sd_points decimal(9, 4), source varchar, decided_on date",
    "ref_norms": "instrument_id varchar, scale varchar, population varchar, entry integer,"
    " label varchar, mean_points decimal(9, 4), sd_points decimal(9, 4), status varchar,"
    " source varchar, is_default boolean, respondents varchar[]",
    "ref_cutoffs": "instrument_id varchar, scale varchar, cutoff varchar, respondent varchar,"
    " points decimal(9, 4), no_use_reason varchar, source varchar",
    "ref_reliabilities": "instrument_id varchar, scale varchar, entry integer,"
    " value decimal(9, 4), lower_value decimal(9, 4), upper_value decimal(9, 4), kind varchar,"
    " sample varchar, status varchar, source varchar, is_default boolean,"
    " respondents varchar[]",
    "ref_goal_rules": "goal_kind varchar, min_points decimal(9, 4), max_points decimal(9, 4),"
    " reliable_change_points decimal(9, 4), met_points decimal(9, 4), gas_rho decimal(9, 4),"
    " source varchar",
    "ref_safety_items": "instrument_id varchar, item integer, from_points decimal(9, 4),"
    " is_active boolean, rule varchar, status varchar, source varchar",
    "ref_score_tables": "instrument_id varchar, scale varchar, raw_points decimal(9, 4),"
    " points decimal(9, 4), source varchar",
    "ref_conventions": "name varchar, value decimal(18, 9), status varchar, source varchar,"
    " note varchar",
    "ref_recovery_pairs": "code_prefix varchar, descriptor varchar, rule_id varchar,"
    " rule_version varchar, first_instrument_id varchar, second_instrument_id varchar,"
    " second_name varchar, fallback_instrument_id varchar, functioning_instrument_id varchar,"
    " from_age_years integer, status varchar, source varchar",
    "ref_wait_bands": "wait_id varchar, wait varchar, min_days integer, max_days integer,"
    " status varchar, source varchar",
    "ref_programme_standards": "figure varchar, rule_id varchar, op varchar,"
    " share decimal(9, 4), status varchar, source varchar",
    "ref_child_measures": "instrument_id varchar, scale varchar, rater varchar,"
    " rule_id varchar, rule_version varchar, reliable_change_points decimal(9, 4),"
    " below_age_years integer, status varchar, source varchar",
    "ref_path_rules": "rule_id varchar, parameter varchar, argument varchar, rule_version varchar,"
    " value decimal(9, 4), unit varchar, meaning varchar, rule_meaning varchar,"
    " is_active boolean, status varchar, source varchar",
    "ref_claims": "claim_id varchar, claim_version varchar, set_on date, says varchar,"
    " claimed_rate decimal(9, 4), period_kind varchar, levels varchar[], tracks varchar[],"
    " modalities varchar[],"
    " rule_kind varchar, instrument_id varchar, scale varchar, respondent varchar,"
    " measured_at varchar, after_days integer, tolerance_days integer, look_back_days integer,"
    " minimum_pairs integer, minimum_pair_rate decimal(9, 4),"
    " public_design_effect decimal(9, 4),"
    " population_words varchar, due_words varchar, measure_words varchar, met_words varchar, worse_words varchar,"
    " sentence varchar, sentence_bounds_first varchar, standard_version varchar,"
    " standard_source varchar, source varchar",
    "ref_measure_rules": "measure_id varchar, kind varchar, minimum_age_years integer,"
    " maximum_age_years integer, session_lookback_days integer, identification_start_months integer,"
    " identification_end_months integer, window_months integer, window_from_days integer,"
    " window_to_days integer, follow_up_days integer, screen_from_months integer,"
    " screen_to_months integer, screen_to_days integer, assessment_months integer,"
    " index_above_points decimal(9, 4), remission_below_points decimal(9, 4),"
    " response_share decimal(9, 4)",
    "ref_measure_rates": "measure_id varchar, rate_id varchar, position integer, met_by varchar,"
    " version varchar, basis varchar, status varchar, reason varchar",
    "ref_measure_strata": "measure_id varchar, stratum varchar, from_years integer,"
    " to_years integer",
    "ref_measure_tools": "measure_id varchar, instrument_id varchar, is_brief boolean,"
    " positive_from_points decimal(9, 4)",
    "ref_measure_codes": "measure_id varchar, use varchar, reason varchar, code_kind varchar,"
    " code_prefix varchar, position integer, counts varchar, is_active boolean, status varchar,"
    " source varchar, decided_on date",
    "ref_measure_texts": "measure_id varchar, part varchar, position integer, says varchar,"
    " source varchar",
    "ref_rebases": "figure varchar, instrument_id varchar, from_month_on date, source varchar,"
    " decided_on date",
    "ref_disclosure_policies": "audience varchar, table_name varchar, level varchar,"
    " mart_level varchar, period_kind varchar, policy_id varchar, policy_version varchar,"
    " minimum_count integer, hide_zero boolean, hide_complements boolean, rounding_base integer,"
    " total_rounding_base integer, share_decimals integer, points_decimals integer,"
    " minimum_pairs_for_rate integer, minimum_pairs_for_comparison integer",
    "ref_released_counts": "audience varchar, basis varchar, level varchar, subject_id varchar,"
    " period_start_on date, part varchar, n_clients bigint",
    "stg_therapists": "therapist_id varchar, display_name varchar, discipline varchar",
    "stg_programmes": "programme_id varchar, name varchar, track varchar, modality varchar,"
    " licence_required boolean, planned_sessions bigint, session_interval_days bigint,"
    " instruments varchar[], measure_every_sessions bigint",
    "stg_groups": "group_id varchar, programme_id varchar, name varchar,"
    " lead_therapist_id varchar, co_therapist_id varchar, capacity bigint, enrolment varchar,"
    " starts_on date, ends_on date",
    "stg_episodes": "episode_id varchar, episode_key varchar, client_id varchar,"
    " client_key varchar, programme_id varchar, therapist_id varchar, referred_on date,"
    " started_on date, ended_on date, end_reason varchar",
    "stg_memberships": "group_id varchar, client_id varchar, client_key varchar,"
    " episode_id varchar, episode_key varchar, joined_on date, left_on date,"
    " leave_reason varchar",
    "stg_sessions": "session_id varchar, session_key varchar, group_id varchar,"
    " episode_id varchar, episode_key varchar, therapist_id varchar, scheduled_at timestamp,"
    " scheduled_on date, duration_minutes bigint, setting varchar",
    "stg_attendances": "session_id varchar, session_key varchar, client_id varchar,"
    " client_key varchar, status varchar, client_state varchar",
    "stg_responses": "response_id varchar, response_key varchar, client_id varchar,"
    " client_key varchar, episode_id varchar, episode_key varchar, session_id varchar,"
    " session_key varchar, instrument_id varchar, administered_at timestamp,"
    " administered_on date, respondent varchar, total_score decimal(9, 4), items integer[],"
    " answers double[], n_answers bigint, has_answers boolean, answers_source varchar",
    "stg_consents": "client_id varchar, client_key varchar, scope varchar, given_on date,"
    " withdrawn_on date",
    "stg_clients": "client_id varchar, client_key varchar, birth_date date, sex varchar,"
    " gender_identity varchar, ethnicity varchar, state varchar, language varchar,"
    " registered_on date",
    "stg_goals": "goal_id varchar, goal_key varchar, episode_id varchar, episode_key varchar,"
    " kind varchar, domain varchar, weight decimal(9, 4), set_on date, closed_on date",
    "stg_goal_ratings": "goal_id varchar, goal_key varchar, rated_at timestamp, rated_on date,"
    " rated_by varchar, value_points decimal(9, 4)",
    "stg_milestones": "milestone_id varchar, episode_id varchar, episode_key varchar,"
    " kind varchar, domain varchar, observed_on date, reported_by varchar",
    "stg_diagnoses": "episode_id varchar, episode_key varchar, code varchar, role varchar,"
    " recorded_on date",
    "stg_licences": "therapist_id varchar, state varchar, licence_number varchar,"
    " valid_from date, valid_to date",
    "stg_safety_actions": "response_id varchar, response_key varchar, acted_at timestamp,"
    " acted_on date, action varchar, therapist_id varchar",
    "stg_files": "delivery_id varchar, source varchar, delivered_on date, file_id varchar,"
    " file_name varchar, table_name varchar, mode varchar, n_delivered bigint",
    "quarantine": "table_name varchar, delivery_id varchar, delivered_on date, reasons varchar[]",
    "stg_warning_counts": "file_id varchar, delivery_id varchar, table_name varchar,"
    " rule_id varchar, n_rows bigint",
    "stg_row_counts": "file_id varchar, delivery_id varchar, table_name varchar,"
    " row_status varchar, n_rows bigint",
    "stg_rule_breaks": "file_id varchar, delivery_id varchar, table_name varchar,"
    " rule_id varchar, n_rows bigint",
    "stg_rule_checks": "delivery_id varchar, file_id varchar, table_name varchar,"
    " rule_id varchar, n_judged bigint, n_broken bigint, is_unusable boolean",
    "ref_contract_rules": "table_name varchar, rule_id varchar, position integer,"
    " column_names varchar[], kind varchar, dimension varchar, severity varchar,"
    " tolerated_percent decimal(9, 4), meaning varchar, expected varchar, what_to_do varchar",
}
