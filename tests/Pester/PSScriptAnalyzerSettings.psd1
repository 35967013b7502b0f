# For the tests. What is imported and packed has no exceptions.
@{
    ExcludeRules = @(
        # What BeforeAll assigns is used in It, which the rule does not see.
        'PSUseDeclaredVarsMoreThanAssignments'
        # Helpers of tests, and commands whose positions are part of what is tested.
        'PSAvoidUsingPositionalParameters'
        'PSUseShouldProcessForStateChangingFunctions'
        # All files of the repository are UTF-8 without a mark.
        'PSUseBOMForUnicodeEncodedFile'
    )
}
