-- The domains of success, and whose word counts in each.
--
-- A domain is spoken for by the client's own measures and goals; that of the family and the child
-- by each of the people around the child too, who are kept apart. `precedence` says who is heard
-- where one voice has to do: the lowest that was measured. `safety` and `experience` are domains
-- of instruments too, but not of success. `position` is the order in which a report names them.
--
-- Grain:  one row per domain of success and respondent that speaks for it.
-- Key:    domain, respondent
-- Source: NHS England children's outcome metric: change is judged per rater
with voices (domain, position, respondent, precedence) as (
    values
    ('symptoms', 1, 'client', 1),
    ('functioning', 2, 'client', 1),
    ('self_awareness', 3, 'client', 1),
    ('behaviour_change', 4, 'client', 1),
    ('emotion_regulation', 5, 'client', 1),
    ('assertiveness', 6, 'client', 1),
    ('self_esteem', 7, 'client', 1),
    ('connection', 8, 'client', 1),
    ('quality_of_life', 9, 'client', 1),
    ('alliance', 10, 'client', 1),
    ('personal_goals', 11, 'client', 1),
    ('family_child', 12, 'client', 1),
    ('family_child', 12, 'parent', 2),
    ('family_child', 12, 'teacher', 3),
    ('family_child', 12, 'partner', 4),
    ('global_change', 13, 'client', 1)
)

select
    domain,
    position,
    respondent,
    precedence
from voices
order by domain, respondent
