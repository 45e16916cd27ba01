"""Operations as classes, by family; and `block`, from which users derive their own."""
