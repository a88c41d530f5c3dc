-- The fence of the statement that holds seats (`holdLockedSeats` in store/seats.ts). It guarantees that a transaction which takes
-- fewer seats than its holds are to have fails as a whole, whoever made the mistake.

CREATE FUNCTION booking.require_all_taken(taken bigint, wanted bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF taken <> wanted THEN
    RAISE EXCEPTION 'of % wanted seats only % were free', wanted, taken USING ERRCODE = 'check_violation';
  END IF;
END $$;
